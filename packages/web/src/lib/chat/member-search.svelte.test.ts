import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AgoraError } from "@agora/sdk";
import type { Rest, RestInput, RestOutput } from "@agora/sdk";
import { MemberSearch } from "./member-search.svelte";
import { member } from "./testing/community";

type Input = RestInput<"listMembers">;
type Answer = (page: Partial<RestOutput<"listMembers">> | AgoraError) => void;

function start() {
  const asked: (Input & { answer: Answer })[] = [];
  const listMembers = ((input: Input) =>
    new Promise((resolve, reject) => {
      const answer: Answer = (page) =>
        page instanceof AgoraError ? reject(page) : resolve({ members: [], has_more: false, next_cursor: null, ...page });
      asked.push({ ...input, answer });
    })) as Rest["listMembers"];
  return { asked, search: new MemberSearch({ listMembers }, "srv_1") };
}
const names = ({ found }: MemberSearch) => found?.map(({ user_id }) => user_id);
const pause = () => vi.advanceTimersByTimeAsync(200);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("looks when somebody stops typing, once, for what was typed last", async () => {
  const { asked, search } = start();
  for (const typed of ["a", "ad", " ada "]) search.lookFor(typed);
  await pause();
  expect(asked.map(({ server_id, q }) => [server_id, q])).toEqual([["srv_1", "ada"]]);
  asked[0]?.answer({ members: [member("usr_ada")] });
  await pause();
  expect(names(search)).toEqual(["usr_ada"]);
});

test("goes on through short pages until there is enough or no more", async () => {
  const { asked, search } = start();
  search.lookFor("a");
  await pause();
  asked[0]?.answer({ members: [], next_cursor: "usr_1", has_more: true });
  await pause();
  expect(asked[1]?.cursor).toBe("usr_1");
  asked[1]?.answer({ members: [member("usr_a")] });
  await pause();
  expect([names(search), asked.length]).toEqual([["usr_a"], 2]);
});

test("an answer to what is not looked for any more changes nothing", async () => {
  const { asked, search } = start();
  search.lookFor("a");
  await pause();
  search.lookFor("");
  asked[0]?.answer({ members: [member("usr_a")] });
  await pause();
  expect(search.found).toBe(null);
});

test("a failure is said, and what was found before stays", async () => {
  const { asked, search } = start();
  search.lookFor("a");
  await pause();
  asked[0]?.answer({ members: [member("usr_a")] });
  await pause();
  search.lookFor("ab");
  await pause();
  asked[1]?.answer(new AgoraError("network", "The server could not be reached."));
  await pause();
  expect([names(search), search.problem]).toEqual([["usr_a"], "The server could not be reached."]);
});
