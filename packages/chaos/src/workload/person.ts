import { AgoraError, isTransient } from "@agora/sdk";
import { setTimeout as sleep } from "node:timers/promises";
import { between, oneOf, smallTalk, weighted, type Random } from "./choice";
import { Client } from "./client";
import { at, type Place, type World } from "./world";

/** What people do, and how often in comparison. */
const HABITS = { burst: 60, page: 22, frames: 6, twins: 4, leave: 4, restart: 2, sleep: 3, pause: 4 };

const PLACES_AT_ONCE = 3;
const BURST = { min: 5, max: 30 };
/** How often somebody who waits for the server presses the button to try again. */
const HURRY_MS = { min: 800, max: 3_000 };
const SAID_WITHIN_MS = 15_000;
const REPEATS_MAX = 8;
const REPEAT_AFTER_MS = 250;
const PAGE_LIMIT_MAX = 100;
/** How far a client goes back that wants to see once more what the one before it was shown. */
const AGAIN_MAX = 200;

/** Somebody who talks, reads, leaves, comes back and restarts their client, as a seed decides. */
export class Person {
  readonly number: number;
  client: Client;
  restarts = 0;
  #reconnects = 0;
  readonly #world: World;
  readonly #random: Random;

  constructor(world: World, number: number, random: Random) {
    this.#world = world;
    this.number = number;
    this.#random = random;
    this.client = new Client({ world, person: number, id: this.#clientId() });
    for (const place of this.#choosePlaces()) this.client.join(place, 0);
  }

  /** Goes on until told otherwise, and then finishes what is under way. */
  async live(isOver: () => boolean): Promise<void> {
    const impatience = setInterval(() => this.client.hurry(), between(this.#random, HURRY_MS.min, HURRY_MS.max));
    try {
      await this.#live(isOver);
    } finally {
      clearInterval(impatience);
    }
  }

  async #live(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const habit = weighted(this.#random, HABITS);
      try {
        await this.#do(habit);
      } catch (error) {
        if (!(error instanceof AgoraError)) throw error; // a defect of the workload
        if (!isTransient(error) && !this.#isRefusalOfExile(error)) throw error;
        await sleep(between(this.#random, 50, 250));
      }
    }
    await this.client.said(SAID_WITHIN_MS);
  }

  /** How often a client of theirs got back to the server, beside the first time of each. */
  get reconnects(): number {
    return this.#reconnects + Math.max(0, this.client.connects - 1);
  }

  /** Looks again at places from which they were removed. */
  return(server: number): void {
    for (const place of at(this.#world.communities, server).places) if (this.#random() < 0.5) this.client.join(place, this.#behind(place));
  }

  /** Tries to listen, to read and to write where they were removed. */
  async intrude(place: Place): Promise<void> {
    this.client.join(place, this.client.known(place.topic));
    const { nonce, content } = this.#world.recorder.begin(this.number, place.topic, "may I?");
    const message = { nonce, content, after: this.client.known(place.topic) };
    await Promise.allSettled([this.client.page(place, "newest", 0, 1), this.client.post(place, message)]); // refused, as it should be
  }

  async #do(habit: keyof typeof HABITS): Promise<void> {
    switch (habit) {
      case "burst":
        return this.#burst();
      case "page":
        return this.#readPages();
      case "frames":
        return this.#sendFrames();
      case "twins":
        return this.#sendTwins();
      case "leave":
        return this.#leaveAndReturn();
      case "restart":
        return this.#restart();
      case "sleep":
        return this.#lookAway();
      case "pause":
        await sleep(between(this.#random, 10, 200));
    }
  }

  async #burst(): Promise<void> {
    const places = Array.from({ length: between(this.#random, 1, 3) }, () => this.#somewhere());
    const length = between(this.#random, BURST.min, BURST.max);
    for (let i = 0; i < length; i++) this.client.say(at(places, i % places.length), smallTalk(this.#random));
    await this.client.said(SAID_WITHIN_MS);
  }

  async #readPages(): Promise<void> {
    const count = between(this.#random, 1, 4);
    for (let i = 0; i < count; i++) {
      const place = this.#somewhere();
      const kind = oneOf(this.#random, ["newest", "before", "after", "around"] as const);
      const cursor = kind === "newest" ? 0 : between(this.#random, 1, this.client.known(place.topic) + 20);
      await this.client.page(place, kind, cursor, between(this.#random, 1, PAGE_LIMIT_MAX));
    }
  }

  /** Several frames at once over a bare socket; those without an answer are repeated. */
  async #sendFrames(): Promise<void> {
    const place = this.#somewhere();
    await this.#readOn(place);
    await Promise.all(
      Array.from({ length: between(this.#random, 1, 8) }, async () => {
        const message = this.#newMessage(place);
        await this.#untilAnswered((tries) => (tries === 0 ? this.client.push(place, message) : this.client.post(place, message)));
      }),
    );
  }

  /** One message by several ways at once: all of them must lead to the same entry. */
  async #sendTwins(): Promise<void> {
    const place = this.#somewhere();
    await this.#readOn(place);
    const message = this.#newMessage(place);
    const ways = [this.client.post(place, message), this.client.post(place, message), this.client.push(place, message)];
    const ends = await Promise.allSettled(ways);
    if (ends.every(({ status }) => status === "rejected")) await this.#untilAnswered(() => this.client.post(place, message));
  }

  /** Whoever has not looked for thousands of messages has to read on before they speak: what they send is refused until then. */
  async #readOn(place: Place): Promise<void> {
    await this.client.page(place, "newest", 0, 1);
  }

  async #leaveAndReturn(): Promise<void> {
    const place = oneOf(this.#random, this.client.places.length > 0 ? this.client.places : this.#choosePlaces());
    const seen = this.client.leave(place.topic);
    await sleep(between(this.#random, 0, 300));
    if (this.#isExiled(place)) return;
    this.client.join(this.#random() < 0.8 ? place : this.#somewhere(), this.#random() < 0.8 ? seen : undefined);
  }

  /** The tab is hidden for a while, and must be exact afterwards. */
  async #lookAway(): Promise<void> {
    const { realtime } = this.client;
    realtime.sleep();
    await sleep(between(this.#random, 50, 800));
    realtime.wake();
  }

  /** The client ends with all that it had under way, and another one takes over its outbox. */
  async #restart(): Promise<void> {
    const { snapshot, places } = this.client.stop();
    await sleep(between(this.#random, 0, 400));
    this.#reconnects = this.reconnects;
    this.restarts++;
    this.client = new Client({ world: this.#world, person: this.number, id: this.#clientId(), snapshot });
    for (const { place, seen = 0 } of places) {
      if (this.#isExiled(place)) continue;
      const way = weighted(this.#random, { resume: 7, again: 2, anew: 1 });
      if (way === "anew") this.client.join(place, undefined);
      else this.client.join(place, way === "resume" ? seen : Math.max(0, seen - between(this.#random, 1, AGAIN_MAX)));
    }
  }

  #newMessage(place: Place): { nonce: string; content: string; after: number } {
    const { nonce, content } = this.#world.recorder.begin(this.number, place.topic, smallTalk(this.#random));
    return { nonce, content, after: this.client.known(place.topic) };
  }

  async #untilAnswered(send: (tries: number) => Promise<unknown>): Promise<void> {
    for (let tries = 0; tries < REPEATS_MAX; tries++) {
      try {
        await send(tries);
        return;
      } catch (error) {
        if (!isTransient(error)) throw error;
        await sleep(REPEAT_AFTER_MS * (tries + 1));
      }
    }
  }

  /** A place that is open to them, preferably one that they look at. */
  #somewhere(): Place {
    const open = this.client.places.filter((place) => !this.#isExiled(place));
    return oneOf(this.#random, open.length > 0 ? open : this.#openPlaces());
  }

  #choosePlaces(): Place[] {
    const all = this.#openPlaces();
    return [...new Set(Array.from({ length: PLACES_AT_ONCE }, () => oneOf(this.#random, all)))];
  }

  #openPlaces(): Place[] {
    const mine = this.#world.communities.filter(({ members }) => members.includes(this.number)).flatMap(({ places }) => places);
    const open = mine.filter((place) => !this.#isExiled(place));
    return open.length > 0 ? open : mine;
  }

  /** A log may be long by now: far enough back is enough. */
  #behind(place: Place): number {
    return Math.max(0, this.client.known(place.topic) - between(this.#random, 0, AGAIN_MAX));
  }

  #isExiled({ server }: Place): boolean {
    return this.#world.exiles.isExiled(this.number, server);
  }

  /** Who is removed in the middle of something is told that there is no such thing. */
  #isRefusalOfExile({ code }: AgoraError): boolean {
    return code === "server.not_found" || code === "channel.not_found";
  }

  #clientId(): string {
    return `${at(this.#world.accounts, this.number).name}#${this.restarts}`;
  }
}
