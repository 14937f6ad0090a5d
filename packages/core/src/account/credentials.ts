import * as limit from "../limit/index";
import type { Account, Anonymous } from "../lib/actor";
import { TransactionFailed } from "../lib/dynamo";
import { AppError } from "../lib/error";
import { newId } from "../lib/id";
import type { ChangePasswordBody, LoginBody, Me, RegisterBody, Session } from "../protocol/account";
import { endOtherSessions } from "../realtime/connection";
import * as session from "../session/index";
import { sessionWrite } from "../session/store";
import * as account from "./index";
import { hashPassword, verifyPassword } from "./password";
import * as store from "./store";

/* The part of accounts that hashes passwords. Only the `auth` function may import it: no other one carries a native module. */

const registrationsPerAddress = { max: 3_000, windowSeconds: 3_600, code: "limit.register" } as const;
const loginsPerAddress = { max: 1_000, windowSeconds: 300, code: "limit.login" } as const;
/** Of who is logged in: the own password, asked for once more. */
const ownPasswords = { max: 20, windowSeconds: 300, code: "limit.login" } as const;
/** Per account and address, so that a stranger cannot lock somebody out. */
const loginsPerAccount = { max: 20, windowSeconds: 300, code: "limit.login" } as const;

/**
 * Makes an account and logs it in: the account, both of its unique names and the session, or nothing.
 * @throws account.email_taken, account.username_taken, limit.register
 * Cost: 1 write unit, 1 Argon2id hash, 1 transaction of 4 writes (12 write units with the indexes).
 */
export async function register(actor: Anonymous, { email, username, password }: RegisterBody): Promise<Session> {
  await limit.take({ ...registrationsPerAddress, key: `register#${actor.address}` });
  const password_hash = await hashPassword(password);
  const user: Me = { id: newId("usr"), username, display_name: null, avatar_url: null, created_at: Date.now(), email };
  const row = session.draft(user.id);
  try {
    await store.create(user, password_hash, sessionWrite(row));
  } catch (error) {
    if (!(error instanceof TransactionFailed)) throw error;
    const [emailTaken, usernameTaken] = error.failed;
    if (emailTaken)
      throw new AppError("account.email_taken", "There is an account with this e-mail address. Log in instead.", { cause: error });
    if (usernameTaken) throw new AppError("account.username_taken", "This username is taken. Choose another one.", { cause: error });
    throw error;
  }
  return session.answer(row.id, row.generation, user);
}

/**
 * Begins a session. An unknown address and a wrong password get one answer, in the same time.
 * @throws auth.invalid, limit.login
 * Cost: 2 write units, 1 read unit, 1 Argon2id hash; if the password is right 2 read units and 2 write units more.
 */
export async function login(actor: Anonymous, { email, password }: LoginBody): Promise<Session> {
  await Promise.all([
    limit.take({ ...loginsPerAddress, key: `login#${actor.address}` }),
    limit.take({ ...loginsPerAccount, key: `login#${actor.address}#${email.slice(0, 254)}` }),
  ]);
  const credentials = isPossibleAddress(email) ? await store.findCredentials(email) : undefined;
  const isRight = await verifyPassword(credentials?.password_hash, password);
  if (!credentials || !isRight) throw new AppError("auth.invalid", "The e-mail address or the password is wrong.");
  const user = await account.find(credentials.user_id);
  if (!user) throw new AppError("auth.invalid", "The e-mail address or the password is wrong."); // it was deleted just now
  return session.begin(user, async () => (await store.findCredentials(email))?.password_hash === credentials.password_hash);
}

/**
 * Changes the own password and ends every other session; the actor's stays. A repeat of one that ended half way is known by the new password.
 * @throws auth.invalid for a wrong password, limit.login, account.not_found, unavailable: to be repeated
 * Cost: 1 write unit, 3 read units, 2 Argon2id hashes, 1 write unit, and `endOtherSessions`.
 */
export async function changePassword(actor: Account, { current_password, new_password }: ChangePasswordBody): Promise<void> {
  const { user, password_hash } = await ownCredentials(actor);
  const isRight = await verifyPassword(password_hash, current_password);
  const changed = isRight && (await store.changePassword(user, password_hash, await hashPassword(new_password)));
  const isChanged = changed || (await verifyPassword((await store.findCredentials(user.email))?.password_hash, new_password));
  if (!isChanged) throw wrongPassword();
  await endOtherSessions(actor);
}

/** Asks for the own password once more. @throws auth.invalid, limit.login, account.not_found. Cost: 1 write unit, 3 read units, 1 Argon2id hash. */
export async function assertPassword(actor: Account, password: string): Promise<void> {
  const { password_hash } = await ownCredentials(actor);
  if (!(await verifyPassword(password_hash, password))) throw wrongPassword();
}

async function ownCredentials(actor: Account): Promise<{ user: Me; password_hash: string }> {
  await Promise.all([limit.take({ ...ownPasswords, key: `password#${actor.user_id}` }), session.assertAlive(actor)]);
  const user = await account.get(actor.user_id);
  const credentials = await store.findCredentials(user.email);
  if (credentials?.user_id !== user.id) throw account.gone();
  return { user, password_hash: credentials.password_hash };
}

const wrongPassword = () => new AppError("auth.invalid", "This is not your password.");

/** What could not have been registered is not looked for: a key of a table has a maximum length. */
const isPossibleAddress = (email: string) => email.length > 0 && email.length <= 254;
