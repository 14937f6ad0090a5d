import { startStack, uniqueName, type Stack } from "@agora/local/testing/stack";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startAwsProxy, type AwsProxy } from "./aws-proxy";

/** How long a push is on its way to the management API: longer than a removal takes. */
const FLIGHT_MS = 1_500;

let stack: Stack;
let proxy: AwsProxy;
beforeAll(async () => {
  vi.spyOn(console, "warn").mockReturnValue();
  stack = await startStack({
    reachedBy: async (url) => {
      proxy = await startAwsProxy(url);
      return proxy.url;
    },
  });
});
afterAll(async () => {
  await stack.close();
  await proxy.close();
});

test("a PostToConnection that is under way when somebody is removed does not reach them after the acknowledgement", async () => {
  const [owner, guest] = await Promise.all([stack.register(), stack.register()]);
  const { body: server } = await stack.api("POST /servers", { token: owner.token, body: { name: uniqueName("k") } });
  const { body: invite } = await stack.api(`POST /servers/${server.id}/invites`, { token: owner.token, body: {} });
  await stack.api(`POST /invites/${invite.code}/join`, { token: guest.token });
  const channelId = server.channels[0].id as string;
  const listener = await stack.connect(guest.token);
  await listener.ask({ action: "subscribe", topics: [{ topic: `channel:${channelId}` }] });

  let isUnderWay = () => {};
  const underWay = new Promise<void>((resolve) => (isUnderWay = resolve));
  proxy.plan = ({ operation }) => {
    if (operation !== "PostToConnection") return undefined;
    proxy.plan = () => undefined;
    isUnderWay();
    return { kind: "delay", ms: FLIGHT_MS };
  };
  const path = `/servers/${server.id}/channels/${channelId}/messages`;
  const sending = stack.api(`POST ${path}`, { token: owner.token, body: { content: "too late" } });
  await underWay;
  const startedAt = Date.now();
  expect((await stack.api(`DELETE /servers/${server.id}/members/${guest.user.id}`, { token: owner.token })).status).toBe(204);
  expect(Date.now() - startedAt).toBeLessThan(FLIGHT_MS); // else nothing was under way at the acknowledgement
  expect((await sending).status).toBe(201);
  expect(listener.frames.map(({ type }) => type)).not.toContain("new_message");
  expect(listener.socket.readyState).toBe(listener.socket.CLOSED);
});
