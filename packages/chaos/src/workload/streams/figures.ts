import { runFigures, type RunFigures } from "../figures";
import type { Mischief } from "../mischief";
import type { SystemUnderTest } from "../system";
import type { StreamWorld } from "./world";

export interface StreamFigures extends RunFigures {
  producers: number;
  groups: number;
  polls: number;
  commits: number;
  generations: number;
  memberCrashes: number;
  leaps: number;
}

interface Sources {
  world: StreamWorld;
  system: SystemUnderTest;
  mischief: Mischief | undefined;
  startedAt: number;
  talkedFrom: number;
}

export function streamFigures({ world, ...sources }: Sources): StreamFigures {
  const { history, streams } = world.recorder;
  const generations = new Set(streams.polls.map(({ group, generation }) => `${group}/${generation}`));
  return {
    ...runFigures({ ...sources, history, errors: world.errors }),
    producers: history.people.length,
    groups: streams.groups.length,
    polls: streams.polls.length,
    commits: streams.commits.length,
    generations: generations.size,
    memberCrashes: world.memberCrashes,
    leaps: sources.system.leaps.length,
  };
}
