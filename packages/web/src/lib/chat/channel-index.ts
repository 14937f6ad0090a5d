/** Which channel is in which server, by topic, as far as it was heard of. */
export class ChannelIndex {
  /** The servers whose channels are all known. */
  readonly #topics = new Map<string, Set<string>>();
  /** Kept for servers that are not known any more: a channel does not move. */
  readonly #serverOf = new Map<string, string>();

  get servers(): string[] {
    return [...this.#topics.keys()];
  }

  /** The topics of the server's channels; undefined: not all of them are known. */
  topicsOf(serverId: string): readonly string[] | undefined {
    const topics = this.#topics.get(serverId);
    return topics && [...topics];
  }

  serverOf(topic: string): string | undefined {
    return this.#serverOf.get(topic);
  }

  /** Does the topic belong to a server of which everything is known? */
  knows(topic: string): boolean {
    const serverId = this.#serverOf.get(topic);
    return serverId !== undefined && this.#topics.has(serverId);
  }

  learn(serverId: string, topics: readonly string[]): void {
    this.#topics.set(serverId, new Set());
    for (const topic of topics) this.add(serverId, topic);
  }

  add(serverId: string, topic: string): void {
    this.#topics.get(serverId)?.add(topic);
    this.#serverOf.set(topic, serverId);
  }

  remove(topic: string): void {
    const serverId = this.#serverOf.get(topic);
    if (serverId !== undefined) this.#topics.get(serverId)?.delete(topic);
    this.#serverOf.delete(topic);
  }

  /** What is known of its channels is not to be relied on any more. */
  doubt(serverId: string): void {
    this.#topics.delete(serverId);
  }

  forget(serverId: string): void {
    this.#topics.delete(serverId);
    for (const [topic, id] of this.#serverOf) if (id === serverId) this.#serverOf.delete(topic);
  }
}
