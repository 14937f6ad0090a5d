import type { ServerDetail } from "@agora/core/protocol/server";
import { expect, test } from "vitest";
import { permissionsOf } from "./rights";

const role = (id: string, ...permissions: ServerDetail["roles"][number]["permissions"]) => ({ id, name: id, color: null, permissions });
const server = (timeout_until: number | null, permissions: ServerDetail["me"]["permissions"]) => ({
  me: { user_id: "usr_me", role_ids: ["rol_mod"], permissions, nickname: null, timeout_until },
  roles: [role("rol_admin", "manage_server"), role("rol_mod", "moderate_messages"), role("rol_everyone", "send_messages")],
});

test("what the server says is so, but for a time-out that it did not know of or that is over", () => {
  expect(permissionsOf(server(null, ["send_messages"]), 100)).toEqual(["send_messages"]);
  expect(permissionsOf(server(101, ["send_messages"]), 100)).toEqual([]);
  expect(permissionsOf(server(100, []), 100)).toEqual(["moderate_messages", "send_messages"]);
});
