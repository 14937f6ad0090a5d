export interface PushResult {
  /** Connections that do not exist any more. */
  gone: string[];
  /** Connections that may still exist, and have neither got the frame nor been closed. */
  failed: string[];
}

/**
 * Gives one frame to many connections. A connection that cannot be reached is closed, so that its client comes back and resumes where it was:
 * after this returns, each connection has the frame, or is on its way to ask for it, or is named as failed.
 */
export type Push = (connectionIds: string[], frame: string) => Promise<PushResult>;

/** What a process does with sockets. */
export interface Sockets {
  push: Push;
  /** Closes connections; those that are gone already are none of its business. */
  close: (connectionIds: string[]) => Promise<void>;
}

/** The bundles of one process share no modules, so what the process pushes with is kept where all of them see it, the site's among them. */
const shared = globalThis as { [key: symbol]: Sockets | undefined };
const SOCKETS = Symbol.for("agora.sockets");

/** What has the sockets in this process. The single server gives its own gateway; see `packages/local`. */
export function useSockets(sockets: Sockets): void {
  shared[SOCKETS] = sockets;
}

/** What was given to this process, if anything was. */
export const socketsOfThisProcess = (): Sockets | undefined => shared[SOCKETS];
