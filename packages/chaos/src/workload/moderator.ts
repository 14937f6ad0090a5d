import { AgoraError } from "@agora/sdk";
import { setTimeout as sleep } from "node:timers/promises";
import { ON_ITS_WAY_MS } from "../history/checks/frame-after-kick";
import { persist } from "./account";
import { between, oneOf, type Random } from "./choice";
import type { Person } from "./person";
import { at, type Community, type World } from "./world";

const EVERY_MS = { min: 300, max: 2_000 };
const AWAY_MS = { min: 100, max: 2_000 };
/** Now and then somebody stays away until nothing can be on its way to them any more. */
const LONG_AWAY_MS = ON_ITS_WAY_MS + 2_000;
const LONG_AWAY = 0.1;
const INTRUDE_EVERY_MS = 100;

/** Removes somebody from a server now and then, and lets them in again a little later. */
export class Moderator {
  readonly #world: World;
  readonly #people: readonly Person[];
  readonly #random: Random;

  constructor(world: World, people: readonly Person[], random: Random) {
    this.#world = world;
    this.#people = people;
    this.#random = random;
  }

  async live(isOver: () => boolean): Promise<void> {
    const exiles: Promise<void>[] = [];
    while (!isOver()) {
      await sleep(between(this.#random, EVERY_MS.min, EVERY_MS.max));
      const community = oneOf(this.#random, this.#world.communities);
      const victim = oneOf(this.#random, community.members);
      const isLong = this.#random() < LONG_AWAY;
      const awayMs = isLong ? LONG_AWAY_MS : between(this.#random, AWAY_MS.min, AWAY_MS.max);
      const isExiled = this.#world.exiles.isExiled(victim, this.#world.communities.indexOf(community));
      if (victim !== community.owner && !isExiled) exiles.push((await this.#remove(community, victim, { awayMs, isOver })).back);
    }
    await Promise.all(exiles);
  }

  /** Returns when they are gone; what it answers with, when they are back. */
  async #remove(community: Community, victim: number, stay: Stay): Promise<{ back: Promise<void> }> {
    const { accounts, exiles, recorder } = this.#world;
    const { userId } = at(accounts, victim);
    const topics = community.places.map(({ topic }) => topic);
    const remove = () => at(accounts, community.owner).rest.removeMember({ server_id: community.id, user_id: userId });
    // The answer to an earlier try may have been lost: then they are gone already.
    await persist(() => remove().catch(unless("member.not_found")), Infinity);
    const end = exiles.begin(
      victim,
      this.#world.communities.indexOf(community),
      [...topics, `server:${community.id}`],
      topics.map((topic) => recorder.logOf(topic)),
    );
    return { back: this.#letIn(community, victim, end, stay) };
  }

  async #letIn(community: Community, victim: number, end: () => void, { awayMs, isOver }: Stay): Promise<void> {
    const server = this.#world.communities.indexOf(community);
    for (const until = Date.now() + awayMs; Date.now() < until && !isOver();) {
      await at(this.#people, victim).intrude(oneOf(this.#random, community.places));
      await sleep(INTRUDE_EVERY_MS);
    }
    end();
    const { rest } = at(this.#world.accounts, victim);
    await persist(() => rest.joinByInvite({ code: community.invite }).catch(unless("member.exists")), Infinity);
    at(this.#people, victim).return(server);
  }
}

interface Stay {
  awayMs: number;
  isOver: () => boolean;
}

/** Goes on after this refusal, which says that it is done. */
const unless = (code: AgoraError["code"]) => (error: unknown) => {
  if (error instanceof AgoraError && error.code === code) return;
  throw error;
};
