import type { Client, Frame, Person, SocketClient } from "@agora/local/testing/stack";
import { outcomeOf, type Operation, type World } from "./operation";
import { close, Place } from "./place";

/* What people do with a message that is there. */

const HEARD_WITHIN_MS = 2_000;

/** A place with one message by its owner, a guest, and somebody who looks. */
async function prepare(world: World, owner: Person, guest: Person) {
  const place = await Place.make(world.client, owner, { messages: 1 });
  await place.join(guest, await place.invite({}));
  const socket = await world.client.listen(owner.token, [{ topic: place.topic }]);
  return { place, socket };
}

async function read(client: Client, place: Place, who: Person): Promise<Frame> {
  const { body } = await client.api(`GET ${place.path}?limit=1`, { token: who.token });
  return body.messages[0];
}

/** Whoever looks has heard what the message is now, or was cut off, and is what it should be. */
async function problemsOfMessage(message: Frame, wanted: object, socket: SocketClient): Promise<string[]> {
  const differing = Object.entries(wanted).filter(([key, value]) => JSON.stringify(message[key]) !== JSON.stringify(value));
  const isTold = ({ type, message: told }: Frame) => type === "message_updated" && told.revision === message.revision;
  if (socket.socket.readyState === socket.socket.OPEN) await socket.next(isTold, HEARD_WITHIN_MS).catch(() => undefined);
  const isHeard = socket.frames.some(isTold) || socket.socket.readyState !== socket.socket.OPEN;
  return [
    ...differing.map(([key]) => `${key} is ${JSON.stringify(message[key])}`),
    ...(isHeard ? [] : [`nobody was told of revision ${message.revision}`]),
  ];
}

const edit: Operation = {
  name: "edit a message",
  isAnsweredAtTheEnd: true,
  async prepare(world, owner, guest) {
    const { client } = world;
    const { place, socket } = await prepare(world, owner, guest);
    const content = `<@${guest.user.id}>, have a look`;
    return {
      marks: place.marks,
      async attempt() {
        const answer = await client.api(`PATCH ${place.path}/1`, { token: owner.token, body: { content } });
        return outcomeOf(answer, (status) => status === 200);
      },
      async problems() {
        const message = await read(client, place, owner);
        const { body } = await client.api(`GET /servers/${place.serverId}`, { token: guest.token });
        const { mention_count } = body.channels[0];
        return [
          ...(await problemsOfMessage(message, { content, mentions: [guest.user.id], revision: 2 }, socket)),
          ...(mention_count === 1 ? [] : [`the guest counts ${mention_count} mentions`]),
        ];
      },
      end: () => close(socket),
    };
  },
};

const react: Operation = {
  name: "react to a message",
  isAnsweredAtTheEnd: true,
  async prepare(world, owner, guest) {
    const { client } = world;
    const { place, socket } = await prepare(world, owner, guest);
    return {
      marks: place.marks,
      async attempt() {
        const path = `${place.path}/1/reactions/${encodeURIComponent("👍")}`;
        return outcomeOf(await client.api(`PUT ${path}`, { token: owner.token }), (status) => status === 204);
      },
      problems: async () =>
        problemsOfMessage(await read(client, place, owner), { reactions: [{ emoji: "👍", count: 1, me: true }], revision: 2 }, socket),
      end: () => close(socket),
    };
  },
};

const pin: Operation = {
  name: "pin a message",
  isAnsweredAtTheEnd: true,
  async prepare(world, owner, guest) {
    const { client } = world;
    const { place, socket } = await prepare(world, owner, guest);
    const pins = place.path.replace(/messages$/, "pins");
    return {
      marks: place.marks,
      attempt: async () => outcomeOf(await client.api(`PUT ${pins}/1`, { token: owner.token }), (status) => status === 204),
      async problems() {
        const message = await read(client, place, owner);
        const { body } = await client.api(`GET ${pins}`, { token: guest.token });
        const isListed = body.messages.length === 1 && body.messages[0].seq === 1;
        return [
          ...(await problemsOfMessage(message, { pinned: true, revision: 2 }, socket)),
          ...(isListed ? [] : [`the list of pins has ${JSON.stringify(body.messages)}`]),
        ];
      },
      end: () => close(socket),
    };
  },
};

export const messageOperations: readonly Operation[] = [edit, react, pin];
