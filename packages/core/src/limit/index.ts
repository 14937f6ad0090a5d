import { createHash } from "node:crypto";
import * as v from "valibot";
import { AppError, unavailable } from "../lib/error";
import { ConditionFailed, updateItem } from "../lib/dynamo";
import type { ErrorCode } from "../protocol/error-status";

/*
 * Limits: one counter per key and window of time.
 * | key                      | hits | expires_on |
 * |--------------------------|------|------------|
 * | login#203.0.113.9#583123 | 4    | seconds    |
 */

interface Rule {
  /** What is counted, for whom: `login#<address>`. */
  key: string;
  max: number;
  windowSeconds: number;
  code: ErrorCode;
}

/**
 * Counts one hit, and refuses it if `max` were counted in this window already. Holds over all functions and sandboxes.
 * @throws the rule's code, with the seconds until the window ends.
 * Cost: 1 write unit.
 */
export async function take({ key, max, windowSeconds, code }: Rule): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const window = Math.floor(now / windowSeconds);
  const endsAt = (window + 1) * windowSeconds;
  try {
    await updateItem("Limits", { key: `${key}#${window}` }, "ADD hits :one SET expires_on = :end", {
      condition: "attribute_not_exists(hits) OR hits < :max",
      values: { ":one": 1, ":max": max, ":end": endsAt + windowSeconds },
    });
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    throw new AppError(code, "That was too often. Wait a little, then try again.", { cause: error, retryAfterSeconds: endsAt - now });
  }
}

/*
 * Sliding windows: when the last `max` hits were, each in a slot of its own, so that there are never more in any span of time.
 * | key          | next    | s0, s1, …                                  | expires_on |
 * |--------------|---------|--------------------------------------------|------------|
 * | say#gst_…    | 0, 1, … | 8 digits of the time, 8 of the nonce's hash | seconds    |
 *
 * Thirty of them stay below 1 KB, so that a hit is one write unit.
 */

/** Ascends as text, until the year 2059. */
const textOf = (at: number): string => at.toString(36).padStart(8, "0");
const timeOf = (slot: string): number => Number.parseInt(slot.slice(0, 8), 36);
const hashOf = (nonce: string): string => createHash("sha256").update(nonce).digest("base64url").slice(0, 8);

const Slots = v.looseObject({ next: v.number() });

/** What this process knows of where a key's next hit goes: a wrong guess costs one refused write. */
const nextSlots = new Map<string, number>();
const REMEMBERED_KEYS = 5_000;
/** By key, the last in line: in one process nobody is ever faster than somebody before. */
const lines = new Map<string, Promise<unknown>>();

interface SlidingRule extends Omit<Rule, "windowSeconds"> {
  windowMs: number;
}

/**
 * Counts one hit, and refuses it if there were `max` within the last `windowMs`. A hit whose nonce is among those that still count is a repeat and passes.
 * @throws the rule's code, with the time until the oldest of them counts no more; unavailable if others were faster too often.
 * Cost: 1 write unit; 1 more when this process did not count the last hit, and 1 for each one that is faster meanwhile; 1 where it is refused.
 */
export async function takeSliding(rule: SlidingRule, nonce: string): Promise<void> {
  const take = () => takeSlot(rule, nonce);
  const mine = (lines.get(rule.key) ?? Promise.resolve()).then(take, take);
  lines.set(rule.key, mine);
  try {
    await mine;
  } finally {
    if (lines.get(rule.key) === mine) lines.delete(rule.key);
  }
}

async function takeSlot({ key, max, windowMs, code }: SlidingRule, nonce: string): Promise<void> {
  const hash = hashOf(nonce);
  let next = nextSlots.get(key) ?? 0;
  // Who is too late is so behind another hit, and after `max` of those the window is full.
  for (let attempt = 0; attempt <= max + 1; attempt++) {
    const now = Date.now();
    try {
      await updateItem("Limits", { key }, "SET #next = :after, #slot = :hit, expires_on = :on", {
        condition: `${next === 0 ? "attribute_not_exists(#next)" : "#next = :next"} AND (attribute_not_exists(#slot) OR #slot < :edge)`,
        names: { "#next": "next", "#slot": `s${next % max}` },
        values: {
          ...(next === 0 ? {} : { ":next": next }),
          ":after": next + 1,
          ":hit": textOf(now) + hash,
          ":on": Math.ceil((now + windowMs) / 1000) + WINDOW_KEPT_SECONDS,
          ":edge": textOf(now - windowMs + 1),
        },
      });
      return rememberSlot(key, next + 1);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      const item = error.item && v.parse(Slots, error.item);
      const slots = Object.entries(item ?? {}).flatMap(([name, value]) => (/^s\d/.test(name) && typeof value === "string" ? [value] : []));
      if (slots.some((slot) => slot.endsWith(hash) && timeOf(slot) > now - windowMs)) return;
      if (item?.next === next) {
        const oldest = Math.min(...slots.map(timeOf));
        const retryAfterSeconds = Math.max(1, oldest + windowMs - now) / 1000;
        throw new AppError(code, `That is more than ${max} in a minute. Wait a little, then go on.`, { cause: error, retryAfterSeconds });
      }
      next = item?.next ?? 0; // another process counted, or so long ago that it is forgotten
    }
  }
  throw unavailable(new Error(`More than ${max} others counted for ${key}`));
}

const WINDOW_KEPT_SECONDS = 60;

function rememberSlot(key: string, next: number): void {
  nextSlots.delete(key);
  nextSlots.set(key, next);
  for (const oldest of nextSlots.keys()) {
    if (nextSlots.size <= REMEMBERED_KEYS) break;
    nextSlots.delete(oldest);
  }
}

/*
 * Gates: what may happen once in a while, and what was held back.
 * | key              | next_at | held_back | expires_on |
 * |------------------|---------|-----------|------------|
 * | presence#srv_…   | ms      | true      | seconds    |
 */

const GATE_KEPT_SECONDS = 24 * 60 * 60;

/** True for at most one caller in `everyMs`, over all functions and sandboxes. Cost: 1 write unit. */
export const passes = (key: string, everyMs: number): Promise<boolean> => pass(key, everyMs, OPEN);

const OPEN = "attribute_not_exists(next_at) OR next_at <= :now";

/**
 * `passed` for at most one caller in `everyMs`, over all functions and sandboxes. The others leave a note that something was held back; the first
 * of them since something passed is told so. Cost: 1 write unit; 2 for those held back.
 */
export async function passOrHoldBack(key: string, everyMs: number): Promise<"passed" | "first held back" | "held back"> {
  if (await pass(key, everyMs, OPEN)) return "passed";
  const isFirst = await holds({ key }, "SET held_back = :yes", "attribute_not_exists(held_back)", { ":yes": true });
  return isFirst ? "first held back" : "held back";
}

/** True if something was held back and may pass now; then it is no longer noted. Cost: 1 write unit. */
export const passHeldBack = (key: string, everyMs: number): Promise<boolean> =>
  pass(key, everyMs, "held_back = :yes AND next_at <= :now", { ":yes": true });

/** Is something held back? Cost: 1 write unit. */
export const isHeldBack = (key: string): Promise<boolean> => holds({ key }, "SET held_back = :yes", "held_back = :yes", { ":yes": true });

function pass(key: string, everyMs: number, condition: string, values: Record<string, unknown> = {}): Promise<boolean> {
  const now = Date.now();
  const expires_on = Math.ceil(now / 1000) + GATE_KEPT_SECONDS;
  return holds({ key }, "SET next_at = :next, expires_on = :on REMOVE held_back", condition, {
    ":now": now,
    ":next": now + everyMs,
    ":on": expires_on,
    ...values,
  });
}

/*
 * Turnstiles: who passed last, so that a repeat of it passes again.
 * | key              | passed_at | passed_nonce | passed_after | expires_on |
 * |------------------|-----------|--------------|--------------|------------|
 * | slow#chn_…#usr_… | ms        | its nonce    | its `after`  | seconds    |
 */

/** What goes by a turnstile: an append, by the name and the `after` that it has in its log. */
export interface Passage {
  nonce: string;
  after: number;
}

const Passed = v.object({ passed_at: v.number(), passed_nonce: v.string(), passed_after: v.number() });

/**
 * Lets one passage through in `everyMs`, over all functions and sandboxes, and with it whatever repeats its nonce. A repeat is let through as the
 * passage that was stored: with an `after` of its own it could be appended a second time.
 * @returns how long the others have to wait, or what has passed.
 * Cost: 1 write unit.
 */
export async function passOnce(key: string, everyMs: number, { nonce, after }: Passage): Promise<{ waitMs: number } | { passed: Passage }> {
  const now = Date.now();
  try {
    await updateItem("Limits", { key }, "SET passed_at = :now, passed_nonce = :nonce, passed_after = :after, expires_on = :on", {
      condition: "attribute_not_exists(passed_at) OR passed_at <= :latest",
      values: {
        ":now": now,
        ":latest": now - everyMs,
        ":nonce": nonce,
        ":after": after,
        ":on": Math.ceil((now + everyMs) / 1000) + GATE_KEPT_SECONDS,
      },
    });
    return { passed: { nonce, after } };
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    const { passed_at, passed_nonce, passed_after } = v.parse(Passed, error.item);
    if (passed_nonce === nonce) return { passed: { nonce, after: passed_after } };
    return { waitMs: Math.max(1, passed_at + everyMs - now) };
  }
}

/** What passed last had passed before, and when: the next may follow accordingly. Cost: 1 write unit. */
export async function passedAt(key: string, nonce: string, at: number): Promise<void> {
  await holds({ key }, "SET passed_at = :at", "passed_nonce = :nonce AND passed_at > :at", { ":at": at, ":nonce": nonce });
}

/** Did the condition hold, so that the update was made? */
async function holds(key: { key: string }, update: string, condition: string, values: Record<string, unknown>): Promise<boolean> {
  try {
    await updateItem("Limits", key, update, { condition, values });
    return true;
  } catch (error) {
    if (error instanceof ConditionFailed) return false;
    throw error;
  }
}
