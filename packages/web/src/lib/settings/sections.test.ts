import { permissions } from "@agora/core/protocol/role";
import { expect, test } from "vitest";
import { sectionsFor } from "./sections";

const idsFor = (...args: Parameters<typeof sectionsFor>) => sectionsFor(...args).flatMap(({ sections }) => sections.map(({ id }) => id));

test("a member without a permission sees the members and their own invites", () => {
  expect(idsFor(["send_messages"])).toEqual(["members", "invites"]);
});

test("each permission opens its own sections and no others", () => {
  expect(idsFor(["manage_server"])).toEqual(["overview", "members", "invites", "passwords", "audit"]);
  expect(idsFor(["manage_channels"])).toEqual(["channels", "members", "invites"]);
  expect(idsFor(["manage_roles"])).toEqual(["roles", "members", "invites"]);
  expect(idsFor(["moderate_members"])).toEqual(["members", "invites", "bans"]);
  expect(idsFor(["moderate_messages"])).toEqual(["members", "invites", "reports"]);
});

test("who has all of them sees all sections", () => {
  expect(idsFor(permissions)).toHaveLength(9);
});
