import type { Person } from "@agora/local/testing/stack";
import { setTimeout as sleep } from "node:timers/promises";
import { problemsOfMembership, problemsOfSilence } from "../invariants";
import { outcomeOf, type Operation, type World } from "./operation";
import { close, Place } from "./place";

/* What those do who run a server. */

/** How long somebody who should hear nothing is listened to. */
const SILENCE_MS = 150;

interface AuditLine {
  action: string;
  seq: number;
}

/** What was done is in the audit log once, however often it was asked for; and the log has no hole. */
async function problemsOfAudit({ client }: World, place: Place, owner: Person, wanted: string): Promise<string[]> {
  const { body } = await client.api(`GET /servers/${place.serverId}/audit?limit=100`, { token: owner.token });
  const entries = body.entries as AuditLine[];
  const times = entries.filter(({ action }) => action === wanted).length;
  const hasHole = entries.some(({ seq }, i) => seq !== entries.length - i);
  return [...(times === 1 ? [] : [`${wanted} stands ${times} times in the audit log`]), ...(hasHole ? ["the audit log has a hole"] : [])];
}

const loseARole: Operation = {
  name: "take a role away that shows a private channel",
  isAnsweredAtTheEnd: true,
  async prepare(world, guest, owner) {
    const { client } = world;
    const place = await Place.make(client, owner, { messages: 0 });
    await place.join(guest, await place.invite({}));
    const byOwner = async (signature: string, body: object) => (await client.api(signature, { token: owner.token, body })).body;
    const role = await byOwner(`POST /servers/${place.serverId}/roles`, { name: "inner circle" });
    await byOwner(`PATCH /servers/${place.serverId}/members/${guest.user.id}`, { role_ids: [role.id] });
    const hidden = await byOwner(`PATCH /servers/${place.serverId}/channels/${place.channelId}`, {
      private: true,
      allowed_role_ids: [role.id],
    });
    const topics = [{ topic: place.topic }];
    const socket = await client.listen(guest.token, topics);
    return {
      marks: [...place.marks, role.id as string, hidden.id as string],
      async attempt() {
        const path = `/servers/${place.serverId}/roles/${role.id}`;
        const answer = await client.api(`DELETE ${path}`, { token: owner.token });
        return outcomeOf(answer, (status, code) => status === 204 || code === "role.not_found");
      },
      async problems() {
        const heardBefore = socket.frames.length;
        await place.send(place.say("not for everybody"));
        await sleep(SILENCE_MS);
        const { status } = await client.api(`GET ${place.path}`, { token: guest.token });
        const again = await client.connect(guest.token);
        const { denied } = await again.ask({ action: "subscribe", topics });
        await again.close();
        return [
          ...problemsOfSilence({ framesAfter: socket.frames.slice(heardBefore), statusOfRead: status, denied }, 1),
          ...(await problemsOfAudit(world, place, owner, "role.delete")),
        ];
      },
      end: () => close(socket),
    };
  },
};

const ban: Operation = {
  name: "ban",
  isAnsweredAtTheEnd: true,
  async prepare(world, guest, owner) {
    const place = await Place.make(world.client, owner, { messages: 1 });
    const code = await place.invite({});
    await place.join(guest, code);
    const topics = [{ topic: place.topic }, { topic: `user:${guest.user.id}` }];
    const socket = await world.client.listen(guest.token, topics);
    return {
      marks: place.marks,
      async attempt() {
        const answer = await world.client.api(`PUT /servers/${place.serverId}/bans/${guest.user.id}`, {
          token: owner.token,
          body: { reason: "tested" },
        });
        return outcomeOf(answer, (status) => status === 200);
      },
      async problems() {
        const heardBefore = socket.frames.length;
        await place.send(place.say("not for everybody"));
        await sleep(SILENCE_MS);
        const { status } = await world.client.api(`GET /servers/${place.serverId}`, { token: guest.token });
        const joined = await world.client.api(`POST /invites/${code}/join`, { token: guest.token });
        const again = await world.client.connect(guest.token);
        const { denied } = await again.ask({ action: "subscribe", topics });
        await again.close();
        return [
          ...problemsOfMembership(await place.members(), { members: [owner.user.id] }),
          ...problemsOfSilence({ framesAfter: socket.frames.slice(heardBefore), statusOfRead: status, denied }, 1),
          ...(joined.body.code === "member.banned" ? [] : [`who is banned joins: ${joined.status}`]),
          ...(await problemsOfAudit(world, place, owner, "member.ban")),
        ];
      },
      end: () => close(socket),
    };
  },
};

const deleteServer: Operation = {
  name: "delete a server",
  isAnsweredAtTheEnd: true,
  async prepare(world, guest, owner) {
    const place = await Place.make(world.client, owner, { messages: 1 });
    const code = await place.invite({});
    await place.join(guest, code);
    const { body: server } = await world.client.api(`GET /servers/${place.serverId}`, { token: owner.token });
    return {
      marks: [...place.marks, place.serverId.slice("srv_".length), code],
      async attempt() {
        const answer = await world.client.api(`DELETE /servers/${place.serverId}`, { token: owner.token });
        return outcomeOf(answer, (status, reason) => status === 204 || reason === "server.not_found");
      },
      async problems() {
        const { status } = await world.client.api(`GET /servers/${place.serverId}`, { token: guest.token });
        const { status: taken } = await world.client.api("POST /servers", { token: owner.token, body: { name: server.name } });
        const rows = await Promise.all([
          world.row("Servers", { id: place.serverId }),
          world.row("Channels", { server_id: place.serverId, id: place.channelId }),
          world.row("Members", { server_id: place.serverId, user_id: guest.user.id }),
          world.row("Members", { server_id: place.serverId, user_id: owner.user.id }),
          world.row("Invites", { code }),
        ]);
        const left = rows.filter((row) => row !== undefined).length;
        return [
          ...(status === 404 ? [] : [`it can still be read: ${status}`]),
          ...(taken === 201 ? [] : [`its name is still taken: ${taken}`]),
          ...(left === 0 ? [] : [`${left} rows of it are left`]),
        ];
      },
      end: () => Promise.resolve(),
    };
  },
};

export const communityOperations: readonly Operation[] = [loseARole, ban, deleteServer];
