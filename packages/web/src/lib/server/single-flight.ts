/** Runs `work` once for all who ask for the same key while it runs. */
export function singleFlight<T>(work: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const running = new Map<string, Promise<T>>();
  return (key) => {
    const current = running.get(key);
    if (current) return current;
    const started = work(key).finally(() => running.delete(key));
    running.set(key, started);
    return started;
  };
}
