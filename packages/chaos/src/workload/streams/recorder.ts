import type { StreamMessage } from "@agora/sdk/streams";
import { Entries, type Seen } from "../../history/entries";
import type { Observer } from "../../history/history";
import { Recorder } from "../../history/recorder";
import { newStreams, type StreamHistory } from "../../history/streams/stream-history";

/** What a message of a run carries, its key being who produced it. */
interface Payload {
  nonce: string;
  content: string;
}

/** Writes a history of topics: an offset is a number of a log, a producer is a person, and a session of a poller or a member an observer. */
export class StreamRecorder extends Recorder {
  readonly streams = newStreams();

  whole(leaps: readonly number[]): StreamHistory {
    return { ...this.history, ...this.streams, leaps };
  }

  seeMessage({ offset, payload, key }: StreamMessage): Seen {
    const { nonce = "", content = null } = (payload ?? {}) as Partial<Payload>;
    return this.see({ seq: offset, author: { id: key ?? null }, nonce, content });
  }

  seeMessages(messages: readonly StreamMessage[]): Entries {
    const entries = new Entries(messages.length);
    for (const message of messages) entries.push(this.seeMessage(message));
    return entries;
  }

  deliver({ delivered }: Observer, message: StreamMessage): void {
    delivered.push(this.seeMessage(message));
  }

  /** @returns its number. */
  addGroup(name: string, topic: string, leaseMs: number): number {
    return this.streams.groups.push({ name, log: this.logOf(topic), leaseMs, processed: new Set() }) - 1;
  }
}
