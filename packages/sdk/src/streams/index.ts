export { createConsumer } from "./consumer";
export type { Consumer, ConsumerOptions } from "./consumer";
export { createProducer } from "./producer";
export type { Producer, ProducerOptions } from "./producer";
export { read } from "./reader";
export type { ReadOptions } from "./reader";
export type { ConsumerClient, ProducerClient, ReaderClient } from "./client";
export type { Consumed, Produced, StreamMessage, Topic, TopicDetail, TopicPage } from "@agora/core/protocol/stream";
export type { Group, GroupPage, Polled } from "@agora/core/protocol/stream-group";
