import type { Scope } from "../protocol/access-key";

/** Somebody who is logged in, or a script that acts for them by an access key. */
export interface Account {
  kind: "account";
  user_id: string;
  /** Of an access key its id, which is no session's: what asks whether the session is alive refuses it. */
  session_id: string;
  /** What the access key may do; absent: it is a session, which may do all that the account may. */
  scopes?: readonly Scope[];
}

/** Somebody of whom only the network address is known. */
export interface Anonymous {
  kind: "anonymous";
  address: string;
}

/** Somebody without an account who has opened the socket: in rooms, and nowhere else. */
export interface Guest {
  kind: "guest";
  guest_id: string;
  /** Who is counted as one for limits: the guest, or all of an address who show nothing by which they are known again. */
  person: string;
  /** A digest of the address that the ticket was made for. */
  address: string;
}

/** Whoever runs this Agora. */
export interface Operator {
  kind: "operator";
}

export type Actor = Account | Anonymous | Operator;
