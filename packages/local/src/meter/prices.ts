/** One billable unit of AWS in us-east-1, at its list price: no free tier, no discount, no tax. */
export interface Price {
  name: string;
  /** Dollars for one unit. */
  dollars: number;
  /** How the price is written down, and where. */
  listed: string;
  source: string;
  /** When the figure was written down here. Look at the source before relying on it long after. */
  notedOn: string;
}

const NOTED_ON = "2026-11-20";
const MILLION = 1_000_000;

const DYNAMODB = "Amazon DynamoDB pricing, on-demand capacity, standard table class";
const API_GATEWAY = "Amazon API Gateway pricing";
const LAMBDA = "AWS Lambda pricing, Arm";
const S3 = "Amazon S3 pricing, S3 Standard";

function price(name: string, dollars: number, listed: string, source: string): Price {
  return { name, dollars, listed, source, notedOn: NOTED_ON };
}

/** Every unit that Agora can be billed for. The meter counts the first group; storage is a matter of time and is not counted. */
export const prices = {
  writeUnits: price("DynamoDB write request units", 0.625 / MILLION, "$0.625 per million", DYNAMODB),
  readUnits: price("DynamoDB read request units", 0.125 / MILLION, "$0.125 per million", DYNAMODB),
  httpRequests: price("HTTP API requests, in steps of 512 KB", 1 / MILLION, "$1.00 per million, first 300 million", API_GATEWAY),
  socketMessages: price("WebSocket messages in and out, in steps of 32 KB", 1 / MILLION, "$1.00 per million, first billion", API_GATEWAY),
  connectionMinutes: price("WebSocket connection minutes", 0.25 / MILLION, "$0.25 per million", API_GATEWAY),
  lambdaRequests: price("Lambda requests", 0.2 / MILLION, "$0.20 per million", LAMBDA),
  lambdaGbSeconds: price("Lambda GB-seconds", 0.0000133334, "$0.0000133334 per GB-second", LAMBDA),
  s3Puts: price("S3 PUT, COPY, POST, LIST requests", 5 / MILLION, "$0.005 per 1,000", S3),
  s3Gets: price("S3 GET and other requests", 0.4 / MILLION, "$0.0004 per 1,000", S3),
} satisfies Record<string, Price>;

export const storagePrices = {
  dynamodbGbMonths: price("DynamoDB storage, GB-months", 0.25, "$0.25 per GB-month, first 25 GB free", DYNAMODB),
  s3GbMonths: price("S3 storage, GB-months", 0.023, "$0.023 per GB-month, first 50 TB", S3),
} satisfies Record<string, Price>;

export type Unit = keyof typeof prices;
export type Units = Record<Unit, number>;

export const units = Object.keys(prices) as Unit[];

/** Dollars for so many units. */
export function costOf(counted: Units): number {
  return units.reduce((sum, unit) => sum + counted[unit] * prices[unit].dollars, 0);
}
