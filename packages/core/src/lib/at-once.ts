/** Does it for each, so many at once. Rejects with the first that does; what has begun by then goes on. */
export async function atOnce<T>(count: number, items: readonly T[], act: (item: T) => Promise<unknown>): Promise<void> {
  const waiting = [...items].reverse();
  const work = async () => {
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(count, items.length) }, work));
}
