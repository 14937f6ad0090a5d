import { PASSWORD, uniqueName } from "@agora/local/testing/stack";
import { setTimeout as sleep } from "node:timers/promises";
import { problemsOfListener, problemsOfLog, problemsOfMembership, problemsOfSilence } from "../invariants";
import { ask } from "./ask";
import { accountOperations } from "./account-operations";
import { communityOperations } from "./community-operations";
import { conversationOperations } from "./conversation-operations";
import { messageOperations } from "./message-operations";
import { fileOperations } from "./file-operations";
import { outcomeOf, type Operation } from "./operation";
import { close, Place } from "./place";
import { readingOperations } from "./reading-operations";
import { streamOperations } from "./stream-operations";

/* What people do, as a table: each fault is tried on each row, so that one more row is tested by itself. */

/** How long somebody who should hear nothing is listened to. */
const SILENCE_MS = 150;

const sendByRest: Operation = {
  name: "send by REST",
  isAnsweredAtTheEnd: true,
  async prepare(world, owner) {
    const place = await Place.make(world.client, owner, { messages: 2 });
    const listener = await place.listener(owner);
    const said = place.say("three");
    return {
      marks: place.marks,
      async attempt() {
        const answer = await world.client.api(`POST ${place.path}`, { token: owner.token, body: said.body });
        if (answer.status < 300) said.seq = answer.body.seq as number;
        return outcomeOf(answer, (status) => status === 200 || status === 201);
      },
      problems: async () => [...problemsOfLog(await place.read(), place.said), ...(await listener.problems(3))],
      end: () => listener.close(),
    };
  },
};

const sendBySocket: Operation = {
  name: "send by socket",
  isAnsweredAtTheEnd: false,
  async prepare(world, owner) {
    const place = await Place.make(world.client, owner, { messages: 2 });
    const listener = await place.listener(owner);
    const socket = await world.client.connect(owner.token);
    const said = place.say("three");
    return {
      marks: place.marks,
      async attempt() {
        const { outcome, answer } = await ask(socket, { action: "send", topic: place.topic, ...said.body }, "sent");
        if (answer) said.seq = answer.message.seq as number;
        return outcome;
      },
      problems: async () => [...problemsOfLog(await place.read(), place.said), ...(await listener.problems(3))],
      async end() {
        await Promise.all([listener.close(), close(socket)]);
      },
    };
  },
};

const joinByInvite: Operation = {
  name: "join by invite",
  isAnsweredAtTheEnd: true,
  async prepare(world, guest, owner) {
    const place = await Place.make(world.client, owner, { messages: 0 });
    const code = await place.invite({ max_uses: 2 });
    const listener = await place.listener(owner, `server:${place.serverId}`);
    let attempts = 0;
    return {
      marks: [...place.marks, code],
      async attempt() {
        attempts++;
        const answer = await world.client.api(`POST /invites/${code}/join`, { token: guest.token });
        return outcomeOf(answer, (status, reason) => status === 200 || (attempts > 1 && reason === "member.exists"));
      },
      async problems() {
        const useCount = (await world.row("Invites", { code }))?.["use_count"] as number;
        return problemsOfMembership({ ...(await place.members()), useCount }, { members: [owner.user.id, guest.user.id], uses: 1 });
      },
      end: () => listener.close(),
    };
  },
};

const kick: Operation = {
  name: "kick",
  isAnsweredAtTheEnd: true,
  async prepare(world, guest, owner) {
    const place = await Place.make(world.client, owner, { messages: 1 });
    await place.join(guest, await place.invite({}));
    const topics = [{ topic: place.topic }, { topic: `server:${place.serverId}` }, { topic: `user:${guest.user.id}` }];
    const socket = await world.client.listen(guest.token, topics);
    let attempts = 0;
    return {
      marks: place.marks,
      async attempt() {
        attempts++;
        const answer = await world.client.api(`DELETE /servers/${place.serverId}/members/${guest.user.id}`, { token: owner.token });
        return outcomeOf(answer, (status, code) => status === 204 || (attempts > 1 && code === "member.not_found"));
      },
      async problems() {
        const heardBefore = socket.frames.length;
        await place.send(place.say("not for everybody"));
        await sleep(SILENCE_MS);
        const { status } = await world.client.api(`GET /servers/${place.serverId}`, { token: guest.token });
        const again = await world.client.connect(guest.token);
        const { denied } = await again.ask({ action: "subscribe", topics });
        await again.close();
        return [
          ...problemsOfMembership(await place.members(), { members: [owner.user.id] }),
          ...problemsOfSilence({ framesAfter: socket.frames.slice(heardBefore), statusOfRead: status, denied }, 2),
        ];
      },
      end: () => close(socket),
    };
  },
};

const subscribe: Operation = {
  name: "subscribe",
  isAnsweredAtTheEnd: false,
  async prepare(world, owner) {
    const place = await Place.make(world.client, owner, { messages: 3 });
    const socket = await world.client.connect(owner.token);
    let resumed: number[] = [];
    return {
      marks: place.marks,
      async attempt() {
        const { outcome, answer } = await ask(socket, { action: "subscribe", topics: [{ topic: place.topic, after: 1 }] }, "subscribed");
        if (answer) resumed = answer.topics[0].entries.map(({ seq }: { seq: number }) => seq);
        return outcome;
      },
      async problems() {
        await place.send(place.say("four"));
        await socket.next((frame) => frame.type === "new_message" && frame.seq === 4, 2_000).catch(() => undefined);
        const heard = socket.frames.filter(({ type }) => type === "new_message").map(({ seq }) => seq as number);
        return [
          ...problemsOfLog(await place.read(), place.said),
          ...problemsOfListener({ name: "who subscribed", heard, wasCut: false }, [4]),
          ...problemsOfListener({ name: "who subscribed", heard: [], wasCut: true, resumed }, [2, 3]),
        ];
      },
      end: () => close(socket),
    };
  },
};

const register: Operation = {
  name: "register",
  isAnsweredAtTheEnd: true,
  hashesPasswords: true,
  async prepare(world) {
    // Loaded late: it brings along what reads its environment once.
    const { onBehalfOf } = await import("@agora/core/edge");
    const username = uniqueName("r");
    const address = `address-of-${username}`;
    const email = `${username}@example.org`;
    let attempts = 0;
    const login = () => world.client.api("POST /auth/login", { body: { email, password: PASSWORD } });
    return {
      marks: [username],
      async attempt() {
        attempts++;
        const answer = await world.client.api("POST /auth/register", {
          body: { email, username, password: PASSWORD },
          headers: onBehalfOf(address),
        });
        return outcomeOf(answer, (status, code) => status === 201 || (attempts > 1 && code === "account.email_taken"));
      },
      async problems() {
        const answer = await login();
        if (answer.status !== 200) return [`log-in answers ${answer.status}`];
        const { id } = answer.body.user as { id: string };
        const names = await Promise.all([`email#${email}`, `username#${username}`].map((name) => world.row("Names", { name })));
        const isWhole = names.every((row) => row?.["user_id"] === id) && (await world.row("Users", { id }))?.["username"] === username;
        return isWhole ? [] : ["the account is half made"];
      },
      end: () => Promise.resolve(),
    };
  },
};

export const operations: readonly Operation[] = [
  sendByRest,
  sendBySocket,
  joinByInvite,
  kick,
  subscribe,
  register,
  ...accountOperations,
  ...communityOperations,
  ...conversationOperations,
  ...fileOperations,
  ...messageOperations,
  ...readingOperations,
  ...streamOperations,
];
