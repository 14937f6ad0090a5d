import { expect, test } from "vitest";
import { NOBODYS } from "./entries";
import { Recorder } from "./recorder";

function world() {
  const recorder = new Recorder("r1");
  const person = recorder.addPerson("ann", "usr_1");
  recorder.addLog("channel:1");
  const sent = recorder.begin(person, "channel:1", "hello");
  return { recorder, sent, message: { seq: 4, author: { id: "usr_1" }, nonce: sent.nonce, content: sent.content } };
}

test("a message is known again by its nonce, and acknowledged with what was sent", () => {
  const { recorder, sent, message } = world();
  recorder.acknowledge(sent.send, message);
  const { digest, ack } = recorder.history.sends.at(sent.send);
  expect(ack).toEqual({ seq: 4, digest, at: expect.any(Number) });
  expect(recorder.see(message)).toEqual({ seq: 4, send: sent.send, digest });
});

test.each([
  ["author", { author: { id: "usr_2" } }],
  ["content", { content: "r1.0 hello!" }],
  ["nonce", { nonce: "other" }],
])("another %s is another digest, and still the same send", (_, change) => {
  const { recorder, sent, message } = world();
  const seen = recorder.see({ ...message, ...change });
  expect(seen.send).toBe(sent.send);
  expect(seen.digest).not.toBe(recorder.history.sends.at(sent.send).digest);
});

test("what this run did not send is nobody's", () => {
  const { recorder, message } = world();
  for (const nonce of ["r1.1", "r2.0", "r1.", ""]) expect(recorder.see({ ...message, nonce, content: null }).send).toBe(NOBODYS);
});
