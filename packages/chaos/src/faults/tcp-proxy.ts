import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface TcpProxy {
  readonly port: number;
  /** The port that new connections are led to; to be changed when the server comes back on another one. */
  target: number;
  /** How many are open. */
  readonly connections: number;
  /** Destroys a fraction of the connections now, towards both sides (RST). @returns how many */
  cut(fraction?: number, random?: () => number): number;
  /** For so long no byte is read or written, for a fraction of the connections: half-open, or a slow peer. New connections are not stalled. */
  stall(fraction: number, ms: number, random?: () => number): void;
  /** While true, new connections are reset as soon as they are made. */
  refusing: boolean;
  close(): Promise<void>;
}

/** Stands between clients and a server, and breaks what is between them. A connection to a server that is down is reset. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const links = new Set<Link>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    client.on("error", () => undefined);
    if (proxy.refusing) {
      client.resetAndDestroy();
      return;
    }
    const link = new Link(client, proxy.target, () => links.delete(link));
    links.add(link);
  });
  const some = (fraction: number, random: () => number) => [...links].filter(() => fraction >= 1 || random() < fraction);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 4096, resolve));

  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    target: targetPort,
    refusing: false,
    get connections() {
      return links.size;
    },
    cut(fraction = 1, random = Math.random) {
      const cut = some(fraction, random);
      for (const link of cut) link.destroy();
      return cut.length;
    },
    stall(fraction, ms, random = Math.random) {
      for (const link of some(fraction, random)) link.stall(ms);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const link of links) link.destroy();
      }),
  };
  return proxy;
}

/** One connection of a client, and the one that stands for it at the server. */
class Link {
  readonly #sides: readonly [Socket, Socket];
  #stalledUntil = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: Socket, port: number, onEnd: () => void) {
    const server = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    this.#sides = [client, server];
    this.#lead(client, server, onEnd);
    this.#lead(server, client, onEnd);
  }

  stall(ms: number): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, performance.now() + ms);
    clearTimeout(this.#timer);
    for (const side of this.#sides) side.pause();
    this.#timer = setTimeout(() => {
      this.#stalledUntil = 0;
      for (const side of this.#sides) side.resume();
    }, this.#stalledUntil - performance.now());
  }

  destroy(): void {
    clearTimeout(this.#timer);
    for (const side of this.#sides) if (!side.destroyed) side.resetAndDestroy();
  }

  #lead(from: Socket, to: Socket, onEnd: () => void): void {
    from.on("data", (chunk: Buffer) => {
      if (!to.write(chunk)) from.pause();
    });
    to.on("drain", () => {
      if (this.#stalledUntil === 0) from.resume();
    });
    from.on("end", () => to.end());
    from.on("error", () => undefined); // `close` follows
    from.on("close", (hadError) => {
      onEnd();
      if (hadError) this.destroy();
      else if (!to.destroyed && to.readableEnded) to.destroy();
    });
  }
}
