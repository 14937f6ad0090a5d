import { beforeEach, expect, test } from "vitest";
import { getItem, TransactionFailed } from "../lib/dynamo";
import { auditLog, newId } from "../lib/id";
import { makeAnewInThisProcess } from "../lib/in-this-process";
import * as log from "../log/index";
import type { Member } from "../protocol/member";
import * as audit from "./index";

const member: Member = {
  server_id: "srv_0",
  user_id: "usr_0",
  user: { id: "usr_0", username: "ada", display_name: null, avatar_url: null },
  nickname: null,
  role_ids: [],
  timeout_until: null,
  joined_at: 0,
};

let serverId: string;
let key: { key: string };
beforeEach(() => {
  serverId = newId("srv");
  key = { key: `counted#${serverId}` };
});

const counted = async () => Number((await getItem("Limits", key, { consistent: true }))?.["hits"] ?? 0);
const note = { action: "server.update" as const, target: null };
/** Reads, then writes: right only if nobody else changes the server in between. */
const countOne = () =>
  audit.change(serverId, async () => {
    const hits = (await counted()) + 1;
    return { by: member, writes: [{ table: "Limits", put: { ...key, hits } }], note, value: hits };
  });
/** What comes after it does not wait for what came before, as if it were in another process. */
const inAnotherProcess = <T>(act: () => Promise<T>): Promise<T> => {
  makeAnewInThisProcess("audit.lines");
  return act();
};

test("changes from 12 processes at once each see what those before them have done, and each has its line", async () => {
  const values = await Promise.all(Array.from({ length: 12 }, () => inAnotherProcess(countOne)));
  expect(values.sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
  expect(await counted()).toBe(12);
  const { entries } = await log.page(auditLog(serverId), { limit: 100 });
  expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 12 }, (_, i) => 12 - i));
});

test("whoever is second decides again, from what the first has left, and may be refused", async () => {
  let isFirst = true;
  const decisions: number[] = [];
  const second = audit.change(serverId, async () => {
    const hits = await counted();
    decisions.push(hits);
    if (isFirst) {
      isFirst = false;
      await inAnotherProcess(countOne);
    }
    if (hits > 0) throw new Error("not any more");
    return { by: member, writes: [{ table: "Limits", put: { ...key, hits: 99 } }], note, value: hits };
  });
  await expect(second).rejects.toThrow("not any more");
  expect([decisions, await counted(), await log.head(auditLog(serverId))]).toEqual([[0, 1], 1, 1]);
});

test("a write whose condition does not hold leaves no line, and one without a note leaves nothing at all", async () => {
  const refused = audit.change(serverId, () =>
    Promise.resolve({
      by: member,
      writes: [{ table: "Limits" as const, put: { ...key, hits: 1 }, condition: "attribute_exists(hits)" }],
      note,
      value: undefined,
    }),
  );
  await expect(refused).rejects.toThrow(TransactionFailed);
  const writes = [{ table: "Limits" as const, put: { ...key, hits: 1 } }];
  await audit.change(serverId, () => Promise.resolve({ by: member, writes, note: null, value: undefined }));
  expect([await counted(), await log.head(auditLog(serverId))]).toEqual([0, 0]);
});
