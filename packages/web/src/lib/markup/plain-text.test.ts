import { expect, test } from "vitest";
import { plainText } from "./plain-text";

const names: Record<string, string> = { usr_1: "Ann", rol_1: "climbers", chn_1: "news" };
const nameOf = (id: string) => names[id];

test.each([
  ["<@usr_1> and @everyone", "@Ann and @everyone"],
  ["<@&rol_1> <@usr_7>", "@climbers @someone"],
  ["**a** _b_ ~~c~~ `d` [e](https://a.example)", "a b c d e"],
  ["it was ||the butler||!", "it was spoiler!"],
  ["a\n> b\n\n- c\n  - d\n1. e\n```js\nf();\n```", "a b c d e f();"],
  ["/channels/srv_1/chn_1?around=2#m-2 /channels/srv_1/chn_9?around=2#m-2", "#news › message a message elsewhere"],
  ["`||not hidden||`", "||not hidden||"],
])("%j reads %j", (text, plain) => {
  expect(plainText(text, nameOf)).toBe(plain);
});
