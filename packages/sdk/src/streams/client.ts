import type { Rest } from "../rest";

/** What the streams need of a client: `createRest({ baseUrl, token: process.env.AGORA_KEY })` gives all of it. */
export type ProducerClient = Pick<Rest, "produce" | "consume">;
export type ReaderClient = Pick<Rest, "consume">;
export type ConsumerClient = Pick<Rest, "getGroup" | "putGroup" | "poll" | "commit">;
