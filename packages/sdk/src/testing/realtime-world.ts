import type { Message } from "@agora/core/protocol/message";
import type { AgoraError } from "../errors";
import type { OnlineSignal } from "../online";
import { createRealtime } from "../realtime";
import type { Realtime, RealtimeOptions } from "../realtime";
import { FakeClock } from "./fake-clock";
import { fakeSockets } from "./fake-socket";
import { message } from "./message";

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const TOPIC = "channel:chn_1";

/** A realtime client on fake time and fake sockets, which open and answer by themselves unless told otherwise. */
export function world(options: Partial<RealtimeOptions> = {}, { autoOpen = true, autoAnswer = true } = {}) {
  const clock = new FakeClock();
  const sockets = fakeSockets((socket) => {
    if (autoOpen) queueMicrotask(() => socket.open());
    if (!autoAnswer) return;
    socket.onsend = ({ action, id, topics = [] }) => {
      if (action === "subscribe")
        socket.receive({ type: "subscribed", id, topics: topics.map(({ topic, after = 0 }) => ({ topic, head: after })), denied: [] });
      if (action === "unsubscribe") socket.receive({ type: "unsubscribed", id, topics });
      if (action === "ping") socket.receive({ type: "pong", id });
    };
  });
  const states: string[] = [];
  let tickets = 0;
  const realtime = createRealtime({
    getTicket: () => Promise.resolve({ ticket: `t/${++tickets}`, url: "wss://agora.test/ws" }),
    fetchAfter: () => Promise.reject(new Error("not expected")),
    WebSocket: sockets.WebSocket,
    clock,
    random: () => 0.5,
    onlineSignal: { isOnline: () => true, subscribe: () => () => undefined },
    ...options,
  });
  realtime.onstate(({ state }) => states.push(state));
  const socket = (index: number) => {
    const found = sockets.all.at(index);
    if (!found) throw new Error("no such socket");
    return found;
  };
  return { clock, sockets, states, realtime, socket };
}

/** Listens and notes what comes. */
export function collect(realtime: Realtime, topic = TOPIC, after: number | null = 0) {
  const seqs: number[] = [];
  const events: unknown[] = [];
  const errors: AgoraError[] = [];
  const updates: Message[] = [];
  let resumed = 0;
  const subscription = realtime.listen(topic, {
    after: after ?? undefined,
    onentries: (messages) => seqs.push(...messages.map(({ seq }) => seq)),
    onupdates: (messages) => updates.push(...messages),
    onevent: (event) => events.push(event),
    onerror: (error) => errors.push(error),
    onresumed: () => resumed++,
  });
  return { subscription, seqs, events, errors, updates, resumed: () => resumed };
}

/** The frame of a new message. */
export const push = (seq: number, fields: Partial<Message> = {}) => ({
  type: "new_message",
  topic: TOPIC,
  seq,
  message: message(seq, fields),
});

/** Connectivity as the test says. */
export function onlineSignal() {
  let listener: Parameters<OnlineSignal["subscribe"]>[0] | undefined;
  const signal = {
    online: true,
    isOnline: () => signal.online,
    subscribe: (given: typeof listener) => {
      listener = given;
      return () => (listener = undefined);
    },
  };
  return {
    signal,
    emit: (kind: "online" | "offline" | "visible") => {
      signal.online = kind !== "offline";
      listener?.(kind);
    },
  };
}
