export type Direction = "up" | "down";

/** The list with the item at `index` and its neighbour changed over; as it was, if there is none on that side. */
export function moved<T>(list: readonly T[], index: number, direction: Direction): T[] {
  const other = direction === "up" ? index - 1 : index + 1;
  const [item, neighbour] = [list[index], list[other]];
  if (item === undefined || neighbour === undefined) return [...list];
  return list.with(index, neighbour).with(other, item);
}

interface Categorized {
  id: string;
  category: string | null;
}

export interface ChannelGroup<C extends Categorized> {
  category: string | null;
  channels: C[];
}

/** Channels under their headings: those without one first, then each heading where its first channel stands. */
export function groupsOf<C extends Categorized>(channels: readonly C[]): ChannelGroup<C>[] {
  const categories = [...new Set(channels.map(({ category }) => category))].filter((category) => category !== null);
  return [null, ...categories]
    .map((category) => ({ category, channels: channels.filter((channel) => channel.category === category) }))
    .filter((group) => group.channels.length > 0);
}

/** The whole order after a channel was moved within its group, or a group (but the one without a heading) past its neighbour. */
export function orderAfter(
  channels: readonly Categorized[],
  move: { channelId: string } | { category: string },
  direction: Direction,
): string[] {
  const groups = groupsOf(channels);
  const open = groups.filter(({ category }) => category === null);
  const headed = groups.filter(({ category }) => category !== null);
  const arranged =
    "category" in move
      ? [
          ...open,
          ...moved(
            headed,
            headed.findIndex(({ category }) => category === move.category),
            direction,
          ),
        ]
      : groups.map((group) => ({
          ...group,
          channels: moved(
            group.channels,
            group.channels.findIndex(({ id }) => id === move.channelId),
            direction,
          ),
        }));
  return arranged.flatMap((group) => group.channels.map(({ id }) => id));
}
