import { AgoraError } from "@agora/sdk";
import { setTimeout as sleep } from "node:timers/promises";
import { persist } from "./account";
import { between, oneOf, type Random } from "./choice";
import type { Person } from "./person";
import { at, type World } from "./world";

const EVERY_MS = { min: 500, max: 3_000 };
const AWAY_MS = { min: 100, max: 2_000 };

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
    while (!isOver()) {
      await sleep(between(this.#random, EVERY_MS.min, EVERY_MS.max));
      await this.#removeSomebody();
    }
  }

  async #removeSomebody(): Promise<void> {
    const { communities, accounts, exiles, recorder } = this.#world;
    const community = oneOf(this.#random, communities);
    const server = communities.indexOf(community);
    const victim = oneOf(
      this.#random,
      community.members.filter((member) => member !== community.owner),
    );
    const { rest, userId } = at(accounts, victim);
    const topics = community.places.map(({ topic }) => topic);
    const remove = () => at(accounts, community.owner).rest.removeMember({ server_id: community.id, user_id: userId });
    // The answer to an earlier try may have been lost: then they are gone already.
    await persist(() => remove().catch(unless("member.not_found")), Infinity);
    const end = exiles.begin(
      victim,
      server,
      [...topics, `server:${community.id}`],
      topics.map((topic) => recorder.logOf(topic)),
    );
    await sleep(between(this.#random, AWAY_MS.min, AWAY_MS.max));
    end();
    await persist(() => rest.joinByInvite({ code: community.invite }).catch(unless("member.exists")), Infinity);
    at(this.#people, victim).return(server);
  }
}

/** Goes on after this refusal, which says that it is done. */
const unless = (code: AgoraError["code"]) => (error: unknown) => {
  if (error instanceof AgoraError && error.code === code) return;
  throw error;
};
