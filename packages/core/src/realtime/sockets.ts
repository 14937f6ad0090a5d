import { inThisProcess } from "../lib/in-this-process";

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

/** Who listens, kept in memory beside the rows of the table. */
export interface Listeners {
  add(topic: string, listener: ListenerItem): void;
  remove(topic: string, connectionId: string): void;
  /** It is not pending any more. False if it is not there. */
  activate(topic: string, connectionId: string): boolean;
  /** Those that have not expired; `now` in seconds. */
  list(topic: string, now: number): Pick<ListenerItem, "connection_id" | "user_id" | "pending" | "alias">[];
}

export interface ListenerItem {
  connection_id: string;
  user_id: string;
  expires_on: number;
  pending?: true;
  /** What they are called, of those in a room. */
  alias?: string;
}

/** What a process does with sockets. */
export interface Sockets {
  push: Push;
  /**
   * Closes connections; those that are gone already are none of its business. After this returns they get no frame any more, from nobody.
   * @returns those that may still be open.
   */
  close: (connectionIds: string[]) => Promise<string[]>;
  /**
   * Only of a process that has all the sockets there are: it sees every subscription, so the table need not be asked who listens. After a restart
   * it begins with nobody, and so it is: no socket outlives its process.
   */
  listeners?: Listeners;
}

const given = inThisProcess<{ sockets: Sockets | undefined }>("sockets", () => ({ sockets: undefined }));

/** What has the sockets in this process. The single server gives its own gateway; see `packages/local`. */
export function useSockets(sockets: Sockets): void {
  given.sockets = sockets;
}

/** What was given to this process, if anything was. */
export const socketsOfThisProcess = (): Sockets | undefined => given.sockets;
