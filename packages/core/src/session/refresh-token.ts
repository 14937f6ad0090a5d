import { createHmac, timingSafeEqual } from "node:crypto";
import { resources } from "../lib/resources";

/**
 * A refresh token is `<session id>.<generation>.<MAC>`. The MAC shows that we made it, so a token that was used before is known from one that
 * was invented, and the table holds nothing that a thief of the table could log in with: docs/decisions/0005-refresh-tokens.md.
 */
export interface RefreshToken {
  session_id: string;
  /** 1 for the first token of a session, one more at each rotation. */
  generation: number;
}

const mac = (sessionId: string, generation: number): Buffer =>
  createHmac("sha256", resources.tokenSecret).update(`refresh\n${sessionId}\n${generation}`).digest();

export function formatRefreshToken({ session_id, generation }: RefreshToken): string {
  return `${session_id}.${generation}.${mac(session_id, generation).toString("base64url")}`;
}

/** Undefined for everything that we did not make. */
export function parseRefreshToken(text: string): RefreshToken | undefined {
  const match = /^(ses_[0-9a-z]{1,32})\.([1-9][0-9]{0,8})\.([\w-]{43})$/.exec(text);
  if (!match) return undefined;
  const [, session_id = "", digits = "", code = ""] = match;
  const generation = Number(digits);
  const given = Buffer.from(code, "base64url");
  const right = mac(session_id, generation);
  return given.length === right.length && timingSafeEqual(given, right) ? { session_id, generation } : undefined;
}
