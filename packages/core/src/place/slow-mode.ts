import { AppError } from "../lib/error";
import * as limit from "../limit/index";
import * as log from "../log/index";
import type { Channel } from "../protocol/channel";
import { durationInWords } from "../protocol/duration";
import type { Membership } from "../server/access";

/** To say something. */
export interface Wish {
  logId: string;
  nonce: string;
  after: number | undefined;
  /** The result of `log.lookAhead`. */
  ahead: ReturnType<typeof log.lookAhead>;
}

export interface Passage {
  /** To append with. */
  after: number | undefined;
  /** It turned out that it was said before, and when: that is what the time is counted from, so that a late repeat costs nobody their next message. */
  wasSaid: (at: number) => Promise<void>;
}

/**
 * In a slow channel each member says one thing in a while, but for those who keep order there. What has passed may be repeated until it is stored, and
 * is still one message: whatever `after` a repeat comes with, its copy is looked for behind a number that the log had reached when it passed first.
 * @throws limit.slow_mode, message.conflict. Cost: 1 write unit in a slow channel, 1 read unit per 4 KB more where it is refused; nothing elsewhere.
 */
export async function passSlowMode(
  { channel, permissions, member }: Membership & { channel: Channel },
  { logId, nonce, after, ahead }: Wish,
): Promise<Passage> {
  const everyMs = channel.slow_mode_seconds * 1000;
  const isExempt = permissions.includes("moderate_messages") || permissions.includes("manage_channels");
  if (everyMs === 0 || isExempt) return { after, wasSaid: () => Promise.resolve() };
  const key = `slow#${channel.id}#${member.user_id}`;
  const outcome = await limit.passOnce(key, everyMs, { nonce, after: await log.settleAfter(logId, after, ahead) });
  if ("passed" in outcome) return { after: outcome.passed.after, wasSaid: (at) => limit.passedAt(key, nonce, at) };
  // What stands in the log already was let through once: its repeat is answered whenever it comes.
  const copy = await log.findCopy(logId, { authorId: member.user_id, nonce, after });
  if (copy !== undefined) return { after: copy - 1, wasSaid: () => Promise.resolve() };
  const { waitMs } = outcome;
  throw new AppError("limit.slow_mode", `This channel is in slow mode. Your next message can go out in ${durationInWords(waitMs)}.`, {
    retryAfterSeconds: waitMs / 1000,
  });
}
