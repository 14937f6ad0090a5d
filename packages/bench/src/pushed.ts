import { EventEmitter, once } from "node:events";
import path from "node:path";
import { startAgora, type Agora } from "./agora";
import { startChild } from "./child";
import { createCommunity, messagesPath } from "./community";
import { HttpClient, type Answer } from "./http-client";
import type { ListenerProcess } from "./listener-process";
import { MARK, type Pushing } from "./processes/messages";

/** A system that gives what it is sent to everybody who listens. */
export interface Pushed {
  name: string;
  listeners: number;
  nextNumber(): number;
  /** @throws Error unless it was acknowledged */
  send(message: number): Promise<Answer>;
  /** The next push that begins. To be called before it can. */
  pushing(): Promise<Pushing>;
  stop(): Promise<void>;
}

/** Well below what one account may have. */
const SOCKETS_PER_PERSON = 8;
/** A message as people write them: about twenty words. */
const TEXT = "and so we went down to the harbour, where the boats were, and looked for the one that had been promised to us in May";

const contentOf = (message: number): string => `${MARK}${String(message).padStart(8, "0")} ${TEXT}`;

/** The single server as it is built in `root`. */
export async function startAgoraPushed(receivers: ListenerProcess, root: string, name: string, listeners: number): Promise<Pushed> {
  const agora = await startAgora(root, name);
  const community = await createCommunity(agora, { people: Math.ceil(listeners / SOCKETS_PER_PERSON) + 1, channels: 1 });
  const [sender, ...people] = community.people;
  const [channel = ""] = community.channels;
  try {
    await openAll(agora, receivers, { name, channel, people, listeners });
  } catch (error) {
    await agora.stop();
    throw error;
  }
  const path = messagesPath(community, channel);
  const pushes = new EventEmitter();
  agora.onPushing((pushing) => pushes.emit("pushing", pushing));
  let number = 0;
  let seq = 0;
  return {
    name,
    listeners,
    nextNumber: () => ++number,
    async send(message) {
      const body = { content: contentOf(message), nonce: `${name.length}-${message}`, after: seq };
      const answer = await agora.http.request("POST", path, { token: sender?.token, body });
      if (answer.status !== 201) throw new Error(`${name} answered ${answer.status} ${answer.body.toString()}`);
      seq = Math.max(seq, (JSON.parse(answer.body.toString()) as { seq: number }).seq);
      return answer;
    },
    pushing: async () => ((await once(pushes, "pushing")) as [Pushing])[0],
    stop: () => agora.stop(),
  };
}

interface Audience {
  name: string;
  channel: string;
  people: { token: string }[];
  listeners: number;
}

/** A ticket is good for thirty seconds, and a busy machine needs longer than that for a thousand. */
const TICKETS_AT_ONCE = 50;

async function openAll({ http }: Agora, receivers: ListenerProcess, { name, channel, people, listeners }: Audience): Promise<void> {
  const subscribe = {
    frame: JSON.stringify({ action: "subscribe", id: "s", topics: [{ topic: `channel:${channel}` }] }),
    answer: '"subscribed"',
  };
  for (let opened = 0; opened < listeners; opened += TICKETS_AT_ONCE) {
    const urls: string[] = [];
    for (let i = opened; i < Math.min(opened + TICKETS_AT_ONCE, listeners); i++) {
      const { token } = people[i % people.length] ?? { token: "" };
      const { ticket, url } = await http.json<{ ticket: string; url: string }>("POST", "/realtime/ticket", { token });
      urls.push(`${url.replace("localhost", "127.0.0.1")}?ticket=${ticket}`);
    }
    await receivers.open({ system: name, urls, total: listeners, subscribe });
  }
}

/** @param file where it keeps what it pushes; without it, nowhere */
export async function startBarePushed(receivers: ListenerProcess, name: string, listeners: number, file?: string): Promise<Pushed> {
  const server = startChild(path.join(import.meta.dirname, "processes/bare-server.mjs"), file ? [file] : []);
  const port = await server.printed(/listening on (\d+)/);
  await receivers.open({ system: name, urls: Array.from({ length: listeners }, () => `ws://127.0.0.1:${port}/`), total: listeners });
  const http = new HttpClient(`http://127.0.0.1:${port}`);
  let number = 0;
  return {
    name,
    listeners,
    nextNumber: () => ++number,
    async send(message) {
      const answer = await http.request("POST", "/", { body: { ...LIKE_OURS, content: contentOf(message), nonce: String(message) } });
      if (answer.status !== 201) throw new Error(`${name} answered ${answer.status}`);
      return answer;
    },
    pushing: async () => ((await once(server.process, "message")) as [Pushing])[0],
    async stop() {
      http.close();
      await server.stop();
    },
  };
}

/** What makes a frame of the bare server as long as ours. */
const LIKE_OURS = {
  log_id: "channel:chn_01kabcdefghjkmnpqrstvwxyz0123456789abcdef",
  author: { id: "usr_01kabcdefghjkmnpqrstvwxyz", username: "bench_0", display_name: null, avatar_url: null },
  edited_at: null,
  deleted_at: null,
  revision: 1,
  reply_to: null,
  attachments: [],
  reactions: [],
  mentions: [],
  pinned: false,
};
