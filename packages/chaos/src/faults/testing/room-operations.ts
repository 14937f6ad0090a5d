import { randomBytes } from "node:crypto";
import { image, postForm } from "@agora/local/testing/files";
import { SocketClient, uniqueName, type Client, type Frame } from "@agora/local/testing/stack";
import { ask } from "./ask";
import type { Operation } from "./operation";
import { close } from "./place";

/** Somebody new each time, at an address of their own: a person says only so much in a minute, and an address brings only so many people. */
async function newGuest(client: Client): Promise<SocketClient> {
  const { onBehalfOf } = await import("@agora/core/edge");
  const address = `2001:db8:1::${randomBytes(4)
    .toString("hex")
    .replace(/(.{4})/, "$1:")}`;
  const { body } = await client.api("POST /realtime/ticket", { body: { guest: null }, headers: onBehalfOf(address) });
  return SocketClient.open(`${body.url}?ticket=${body.ticket}`);
}

const sayInARoom: Operation = {
  name: "say something in a room",
  isAnsweredAtTheEnd: false,
  async prepare({ client }) {
    const room = uniqueName("room").replaceAll("_", "-").toLowerCase();
    const [socket, listener] = [await newGuest(client), await newGuest(client)];
    await socket.ask({ action: "join", room, alias: "Ann" });
    await listener.ask({ action: "join", room, alias: "Bob" });
    const saying = { action: "send", topic: `room:${room}`, content: "hello", nonce: uniqueName("n"), after: 0 };
    return {
      marks: [room, "say#"],
      async attempt() {
        return (await ask(socket, saying, "sent")).outcome;
      },
      async problems() {
        const next = await socket.ask({ ...saying, content: "and on", nonce: uniqueName("n") });
        const { messages }: Frame = await listener.ask({ action: "messages", room, after: 0 });
        const words = (messages as Frame[]).map(({ seq, content }) => `${seq} ${content}`);
        const heard = new Set(listener.frames.flatMap(({ type, seq }) => (type === "new_message" ? [seq as number] : [])));
        return [
          ...(next.type === "sent" ? [] : [`the next one is refused: ${next.code ?? next.type}`]),
          ...(String(words) === "1 hello,2 and on" ? [] : [`the log has: ${String(words)}`]),
          ...(heard.has(1) && heard.has(2) ? [] : [`who listens has heard of ${String([...heard])}`]),
        ];
      },
      end: async () => {
        await Promise.all([close(socket), close(listener)]);
      },
    };
  },
};

/** Asking for the form is done again with what has failed: one too many is forgotten after a day. */
const showInARoom: Operation = {
  name: "show an image in a room",
  isAnsweredAtTheEnd: false,
  async prepare({ client }) {
    const room = uniqueName("room").replaceAll("_", "-").toLowerCase();
    const socket = await newGuest(client);
    await socket.ask({ action: "join", room, alias: "Ann" });
    const file = image();
    const asked = { action: "upload", room, filename: file.filename, content_type: file.content_type, size: file.bytes.length };
    const saying = { action: "send", topic: `room:${room}`, nonce: uniqueName("n"), after: 0 };
    let id: string | undefined;
    return {
      marks: [room, "room-uploads#"],
      async attempt() {
        if (id === undefined) {
          const { outcome, answer } = await ask(socket, asked, "upload");
          if (outcome.kind !== "done") return outcome;
          await postForm(answer.upload, file.bytes);
          id = answer.upload_id as string;
        }
        return (await ask(socket, { ...saying, attachments: [id] }, "sent")).outcome;
      },
      async problems() {
        const { messages }: Frame = await socket.ask({ action: "messages", room, after: 0 });
        const files = (messages as Frame[]).flatMap(({ attachments }) => attachments as Frame[]);
        const statuses = await Promise.all(files.map(async ({ url }) => (await fetch(url as string)).status));
        return String(statuses) === "200" && messages.length === 1
          ? []
          : [`${messages.length} messages with images that answer ${String(statuses)}`];
      },
      end: () => close(socket),
    };
  },
};

export const roomOperations: readonly Operation[] = [sayInARoom, showInARoom];
