/** What was loaded, and behind it what has come to the same server since. Each once: a frame may come twice, or be in the loaded part already. */
export function withNews<T extends { server_id: string }>(
  loaded: readonly T[],
  news: readonly T[],
  serverId: string,
  idOf: (item: T) => string,
): T[] {
  const byId = new Map(loaded.map((item) => [idOf(item), item]));
  for (const item of news) if (item.server_id === serverId && !byId.has(idOf(item))) byId.set(idOf(item), item);
  return [...byId.values()];
}
