import WebSocket from "ws";
import { nowMs } from "../clock";
import { median } from "../statistics";
import { MARK, type OpenSockets, type Received, type SocketsOpened } from "./messages";

/* The process of those who listen, to all systems alike: it looks at the clock first and at what arrived afterwards. */

const OPENING_AT_ONCE = 50;

process.on("message", (message: OpenSockets) => {
  void open(message).then(
    () => tell({ type: "opened", system: message.system }),
    (error: unknown) => tell({ type: "opened", system: message.system, error: String(error) }),
  );
});
process.on("disconnect", () => process.exit());
process.on("error", () => process.exit()); // the benchmark has ended in the middle of a message to it

const tell = (message: Received | SocketsOpened) => process.send?.(message);

/** By system and message: when each socket got it. */
const arrivalsOf = new Map<string, Map<number, number[]>>();

async function open({ system, urls, total, subscribe }: OpenSockets): Promise<void> {
  const arrivals = arrivalsOf.get(system) ?? new Map<number, number[]>();
  arrivalsOf.set(system, arrivals);
  const waiting = [...urls];
  const openNext = async () => {
    for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) await openOne(url, subscribe, receive);
  };
  /** A frame may be a batch of several messages. */
  function receive(data: Buffer, at: number): void {
    for (let start = data.indexOf(MARK); start >= 0; start = data.indexOf(MARK, start + 1)) {
      count(Number.parseInt(data.toString("latin1", start + MARK.length, start + MARK.length + 8), 10), at);
    }
  }
  function count(message: number, at: number): void {
    const times = arrivals.get(message) ?? [];
    times.push(at);
    if (times.length === 1) arrivals.set(message, times);
    if (times.length < total) return;
    arrivals.delete(message);
    tell({ type: "received", system, message, medianAt: median(times), lastAt: at });
  }
  await Promise.all(Array.from({ length: OPENING_AT_ONCE }, openNext));
}

function openOne(url: string, subscribe: OpenSockets["subscribe"], receive: (data: Buffer, at: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    socket.on("error", reject);
    socket.on("close", (code) => reject(new Error(`closed with ${code}`)));
    socket.on("open", () => {
      if (subscribe) socket.send(subscribe.frame);
      else resolve();
    });
    let isListening = !subscribe;
    socket.on("message", (data: Buffer) => {
      const at = nowMs();
      receive(data, at);
      if (isListening || !subscribe || !data.includes(subscribe.answer)) return;
      isListening = true;
      resolve();
    });
  });
}
