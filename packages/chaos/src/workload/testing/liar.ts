import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Between } from "../system";

/** A PutItem in the Messages table, as the SDK sends it. */
export interface Put {
  TableName: string;
  Item: Record<string, { S?: string; N?: string }>;
  ConditionExpression?: string;
}

/** What is done in place of the put: what is to be forwarded, one after the other; the last answer is given. Nothing: 200, and it was all a lie. */
export type Lie = (put: Put, count: number) => Put[] | undefined;

/**
 * A database with a defect: stands in front of the engine and does something else than it was asked for.
 * @param lie is asked for each message that is written; undefined: be honest.
 */
export const liar =
  (lie: Lie): Between =>
  async (engineUrl) => {
    let count = 0;
    const server = createServer((request, response) => {
      void answer(request).then(
        ({ status, body }) => response.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(body),
        () => request.socket.destroy(),
      );
    });

    async function answer(request: IncomingMessage): Promise<{ status: number; body: string }> {
      const body = await read(request);
      const forward = async (text: string) => {
        const { host: _, connection: __, "content-length": ___, ...headers } = request.headers as Record<string, string>;
        const answered = await fetch(engineUrl(), { method: "POST", headers, body: text });
        return { status: answered.status, body: await answered.text() };
      };
      const put = request.headers["x-amz-target"] === "DynamoDB_20120810.PutItem" ? (JSON.parse(body) as Put) : undefined;
      const instead = put?.TableName === "Messages" ? lie(put, ++count) : undefined;
      if (!instead) return forward(body);
      let last = { status: 200, body: "{}" };
      for (const one of instead) last = await forward(JSON.stringify(one));
      return last;
    }

    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    };
  };

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
