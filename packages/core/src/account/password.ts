import { hash, verify } from "@node-rs/argon2";

/** OWASP's first choice for Argon2id: 19 MiB, 2 passes, 1 lane (Password Storage Cheat Sheet). The library's default algorithm is Argon2id. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export const hashPassword = (password: string): Promise<string> => hash(password, PARAMETERS);

/**
 * With a salt of at least 8 bytes instead of a random one, so that one hash is compared with many: equal passwords have equal hashes. Only for
 * passwords that share an owner. Who changes PARAMETERS makes all of these unknown.
 */
export const hashPasswordWith = (salt: Buffer, password: string): Promise<string> => hash(password, { ...PARAMETERS, salt });

/** The hash of a password that nobody knows, made with PARAMETERS. */
const DECOY = "$argon2id$v=19$m=19456,t=2,p=1$aEAqEnI3onxah4U6zrG6OA$u0N9/Hy6RoA/kqQ2dWf3ggoE28+WOm8BPk6MuDcR6DY";

/**
 * Is this the password? Takes the same time for an account that does not exist (`passwordHash` undefined), so that nobody can find out
 * by the clock which accounts do.
 */
export async function verifyPassword(passwordHash: string | undefined, password: string): Promise<boolean> {
  const matches = await verify(passwordHash ?? DECOY, password);
  return matches && passwordHash !== undefined;
}
