import { describe, expect, test } from "vitest";
import { colorIn, permissionsIn } from "./role-form";

function formOf(fields: [string, string][]): FormData {
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  return form;
}

describe("the colour of a role", () => {
  test("is one that was offered, one that was picked, or none", () => {
    expect(colorIn(formOf([["color", "#c2410c"]]))).toBe("#c2410c");
    expect(
      colorIn(
        formOf([
          ["color", "custom"],
          ["custom_color", "#123456"],
        ]),
      ),
    ).toBe("#123456");
    expect(
      colorIn(
        formOf([
          ["color", ""],
          ["custom_color", "#123456"],
        ]),
      ),
    ).toBeNull();
  });
});

describe("the permissions of a role", () => {
  const form = formOf([["permissions", "manage_roles"]]);

  test("are those that were ticked", () => {
    expect(permissionsIn(form, ["manage_roles", "send_messages"], ["send_messages"])).toEqual(["manage_roles"]);
  });

  test("stay as they were where they cannot be ticked: a box that is locked says nothing", () => {
    expect(permissionsIn(form, ["manage_roles"], ["manage_server"])).toEqual(["manage_server", "manage_roles"]);
    expect(permissionsIn(form, ["send_messages"], [])).toEqual([]);
  });
});
