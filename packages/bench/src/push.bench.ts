import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Options } from "./options";
import type { Goal, Outcome } from "./outcome";
import { nowMs } from "./clock";
import { ListenerProcess } from "./listener-process";
import { startAgoraPushed, startBarePushed, type Pushed } from "./pushed";
import { median, shuffle, summarize } from "./statistics";

interface Sample {
  /** From when the request left. */
  toMedian: number;
  toLast: number;
  toAnswer: number;
  /** To the last listener, from when the message was stored, and from when the push of it began. */
  fromStored: number;
  fromPush: number;
}

const A_SECOND = 10;
const WARM_UP = 50;

/** Latency of a push to many listeners, at ten messages a second to each system, one message at a time in turns. */
export async function pushLatency(listeners: number, messages: number, { root, against }: Options): Promise<Outcome> {
  const folder = mkdtempSync(path.join(tmpdir(), "agora-bench-"));
  const receivers = new ListenerProcess();
  const systems: Pushed[] = [];
  try {
    systems.push(await startAgoraPushed(receivers, root, "Agora", listeners));
    if (against) systems.push(await startAgoraPushed(receivers, against, "Agora, the other build", listeners));
    systems.push(await startBarePushed(receivers, "bare ws", listeners));
    systems.push(await startBarePushed(receivers, "bare ws + append and fsync", listeners, path.join(folder, "log.jsonl")));
    const samples = await measure(receivers, systems, messages);
    const rates = listeners >= 1_000 ? await floodRates(receivers, systems) : undefined;
    return report(listeners, systems, samples, rates);
  } finally {
    await Promise.all(systems.map((system) => system.stop()));
    await receivers.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(receivers: ListenerProcess, systems: Pushed[], messages: number): Promise<Map<Pushed, Sample[]>> {
  const samples = new Map(systems.map((system) => [system, [] as Sample[]]));
  const slotMs = 1_000 / A_SECOND / systems.length;
  let slotAt = nowMs();
  for (let i = 0; i < messages + WARM_UP; i++) {
    for (const system of shuffle([...systems])) {
      slotAt = Math.max(slotAt + slotMs, nowMs());
      await sleep(slotAt - nowMs());
      const message = system.nextNumber();
      const received = receivers.received(system.name, message);
      const [answer, { medianAt, lastAt }, { storedAt, pushAt }] = await Promise.all([system.send(message), received, system.pushing()]);
      if (i < WARM_UP) continue;
      const { startedAt, ms } = answer;
      samples.get(system)?.push({
        toMedian: medianAt - startedAt,
        toLast: lastAt - startedAt,
        toAnswer: ms,
        fromStored: lastAt - storedAt,
        fromPush: lastAt - pushAt,
      });
    }
  }
  return samples;
}

const FLOOD_MESSAGES = 200;
const FLOOD_ROUNDS = 5;
const FLOOD_AT_ONCE = 16;

/** Deliveries a second while sixteen senders do not wait for the listeners, in turns. */
async function floodRates(receivers: ListenerProcess, systems: Pushed[]): Promise<Map<Pushed, number[]>> {
  const rates = new Map(systems.map((system) => [system, [] as number[]]));
  for (let round = 0; round < FLOOD_ROUNDS; round++) {
    for (const system of shuffle([...systems])) {
      const startedAt = nowMs();
      const arrivals: Promise<unknown>[] = [];
      let left = FLOOD_MESSAGES;
      const sender = async () => {
        while (left-- > 0) {
          const message = system.nextNumber();
          arrivals.push(receivers.received(system.name, message));
          await system.send(message);
        }
      };
      await Promise.all(Array.from({ length: FLOOD_AT_ONCE }, sender));
      await Promise.all(arrivals);
      rates.get(system)?.push((FLOOD_MESSAGES * system.listeners * 1_000) / (nowMs() - startedAt));
    }
  }
  return rates;
}

function report(listeners: number, systems: Pushed[], samples: Map<Pushed, Sample[]>, rates: Map<Pushed, number[]> | undefined): Outcome {
  const of = (system: Pushed | undefined, field: keyof Sample) => (system && samples.get(system)?.map((sample) => sample[field])) ?? [];
  const table = (heading: string, field: keyof Sample) => ({
    heading,
    unit: "ms" as const,
    rows: systems.map((system) => ({ name: system.name, summary: summarize(of(system, field)) })),
  });
  const [agora, bare, synced] = [systems[0], systems.at(-2), systems.at(-1)];
  const ratio = (field: keyof Sample, peer: Pushed | undefined, at: "p50" | "p99" = "p50") =>
    summarize(of(agora, field))[at] / summarize(of(peer, field))[at];
  const goal = (text: string, value: number): Goal => ({ text, value, limit: 1.5, is: "at most" });
  const goals = [
    goal("whole path to the last listener, p50, over bare ws", ratio("toLast", bare)),
    goal("whole path to the last listener, p50, over bare ws that keeps what it pushes", ratio("toLast", synced)),
    goal("from stored to the last listener, p50, over bare ws", ratio("fromStored", bare)),
    goal("from stored to the last listener, p99, over bare ws", ratio("fromStored", bare, "p99")),
    goal("from the begin of the push to the last listener, p50, over bare ws", ratio("fromPush", bare)),
    goal("from the begin of the push to the last listener, p99, over bare ws", ratio("fromPush", bare, "p99")),
  ];
  const tables: Outcome["tables"] = [
    table("whole path: request leaves → last listener has it", "toLast"),
    table("whole path: request leaves → median listener has it", "toMedian"),
    table("request leaves → its answer is there", "toAnswer"),
    table("stored → last listener has it", "fromStored"),
    table("push begins → last listener has it", "fromPush"),
  ];
  if (rates) {
    const rateOf = (system: Pushed | undefined) => (system && rates.get(system)) ?? [];
    tables.push({
      heading: "deliveries",
      unit: "a second",
      rows: systems.map((system) => ({ name: system.name, summary: summarize(rateOf(system)) })),
    });
    goals.push({
      text: "deliveries a second, over bare ws",
      value: median(rateOf(agora)) / median(rateOf(bare)),
      limit: 1.5,
      is: "at least",
    });
  }
  return {
    title: `Push to ${listeners.toLocaleString("en-US")} listeners`,
    method:
      `Ten messages a second to each system, one at a time and in turns of changing order; ${listeners} sockets for each system, all in one process of their own with one piece of code. ` +
      "Agora: `POST …/messages` of the single server, which authenticates, checks rights, stores with `fsync`, looks up who listens, and pushes. Bare ws: a `node:http` server that gives each body it is posted to every socket of `ws`; " +
      "the second one appends it to a file and calls `fsync` before. *Stored* is when Agora's process has the engine's answer to the put, *push begins* when it has its listeners; for bare ws both are the line before its loop.",
    tables,
    goals,
    notes: [],
  };
}
