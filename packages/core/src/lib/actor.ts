/** Somebody who is logged in. */
export interface Account {
  kind: "account";
  user_id: string;
  session_id: string;
}

/** Somebody of whom only the network address is known. */
export interface Anonymous {
  kind: "anonymous";
  address: string;
}

export type Actor = Account | Anonymous;
