import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Clients } from "../testing/clients";
import { interleaveAt } from "../testing/interleave";
import { PASSWORD, SocketClient, startStack, type Person, type Stack } from "../testing/stack";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());
const clients = new Clients(() => stack);
afterAll(() => clients.closeAll());

const NEXT = "the next long password";
const login = ({ user }: Person, password: string) => stack.api("POST /auth/login", { body: { email: user.email, password } });
const change = (token: string, current_password = PASSWORD, new_password = NEXT) =>
  stack.api("POST /auth/password", { token, body: { current_password, new_password } });
const refresh = (refresh_token: string) => stack.api("POST /auth/refresh", { body: { refresh_token } });

const holds = (table: string, kind: string, text: string) => (command: unknown) =>
  (command as object).constructor.name === kind && JSON.stringify(command).includes(`"${table}"`) && JSON.stringify(command).includes(text);

describe("a change of the password", () => {
  test("makes the new one the only one, and ends every other session with its sockets", async () => {
    const one = await stack.register();
    const other = (await login(one, PASSWORD)).body as Person;
    const [own, elsewhere] = await Promise.all([clients.connect(one), stack.connect(other.token)]);
    const closed = new Promise((resolve) => elsewhere.socket.once("close", resolve));
    const answer = await change(one.token);
    expect([answer.status, answer.body]).toEqual([204, undefined]);
    await closed;
    expect((await own.ask({ action: "ping" })).type).toBe("pong");
    expect([(await login(one, PASSWORD)).status, (await login(one, NEXT)).status]).toEqual([401, 200]);
    expect([(await refresh(other.refresh_token)).status, (await refresh(one.refresh_token)).status]).toEqual([401, 200]);
    expect((await stack.api("GET /auth/me", { token: other.token })).status).toBe(401);
    expect((await stack.api("GET /auth/me", { token: one.token })).status).toBe(200);
  });

  test("is refused for a wrong password, and then nothing ends", async () => {
    const one = await stack.register();
    const other = (await login(one, PASSWORD)).body as Person;
    const wrong = await change(one.token, "not the password");
    expect([wrong.status, wrong.body.code]).toEqual([401, "auth.invalid"]);
    const short = await change(one.token, PASSWORD, "1234567");
    expect([short.status, Object.keys(short.body.details)]).toEqual([400, ["new_password"]]);
    expect([(await login(one, PASSWORD)).status, (await refresh(other.refresh_token)).status]).toEqual([200, 200]);
  });

  test("is refused in a session that has ended, though its token is in time", async () => {
    const one = await stack.register();
    await stack.api("POST /auth/logout", { token: one.token });
    expect((await change(one.token)).status).toBe(401);
    expect((await login(one, PASSWORD)).status).toBe(200);
  });

  test("can be tried so often, and then not by the right password either", async () => {
    const one = await stack.register();
    const answers = await Promise.all(Array.from({ length: 41 }, () => change(one.token, "not the password")));
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.body.code).toBe("limit.login");
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  test("of two at the same moment to two passwords one is made, and the other is told that its password is wrong", async () => {
    const one = await stack.register();
    const second = (await login(one, PASSWORD)).body as Person;
    const isChange = holds("Names", "UpdateItemCommand", "password_hash");
    const late = await interleaveAt(
      isChange,
      () => change(one.token, PASSWORD, "the slower password"),
      () => change(second.token, PASSWORD, "the faster password"),
    );
    expect([late.status, late.body.code]).toEqual([401, "auth.invalid"]);
    expect((await login(one, "the faster password")).status).toBe(200);
    expect((await login(one, "the slower password")).status).toBe(401);
  });

  test("that ended before the other sessions did goes on when it is repeated", async () => {
    const one = await stack.register();
    const other = (await login(one, PASSWORD)).body as Person;
    const isListing = holds("Sessions", "QueryCommand", "by_user");
    const ended = await interleaveAt(
      isListing,
      () => change(one.token),
      () => Promise.reject(new Error("the process ended")),
    );
    expect(ended.status).toBe(500);
    expect((await stack.api("GET /auth/me", { token: other.token })).status).toBe(200);
    expect((await change(one.token)).status).toBe(204);
    expect((await refresh(other.refresh_token)).status).toBe(401);
  });

  test("ends a session whose token is just then being renewed", async () => {
    const one = await stack.register();
    const other = (await login(one, PASSWORD)).body as Person;
    const isRotation = holds("Sessions", "UpdateItemCommand", "generation");
    const renewed = await interleaveAt(
      isRotation,
      () => refresh(other.refresh_token),
      () => change(one.token),
    );
    expect([renewed.status, renewed.body.code]).toEqual([401, "auth.invalid"]);
    const { body } = await stack.api("GET /auth/sessions", { token: one.token });
    expect(body.sessions).toHaveLength(1);
  });

  test("lets nobody in who had shown the former password just before", async () => {
    const one = await stack.register();
    const isNewSession = holds("Sessions", "PutItemCommand", one.user.id);
    const late = await interleaveAt(
      isNewSession,
      () => login(one, PASSWORD),
      () => change(one.token),
    );
    expect([late.status, late.body.code]).toEqual([401, "auth.invalid"]);
    const { body } = await stack.api("GET /auth/sessions", { token: one.token });
    expect(body.sessions).toHaveLength(1);
  });

  test("leaves a ticket of another session nothing to open", async () => {
    const one = await stack.register();
    const other = (await login(one, PASSWORD)).body as Person;
    const { body } = await stack.api("POST /realtime/ticket", { token: other.token });
    await change(one.token);
    await expect(SocketClient.open(`${body.url}?ticket=${body.ticket}`)).rejects.toThrow("401");
  });
});
