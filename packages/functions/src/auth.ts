import * as deletion from "@agora/core/account/deletion";
import * as credentials from "@agora/core/credentials";
import * as serverPassword from "@agora/core/server-password/hashing";
import { httpHandler } from "./http/handler";

/** The routes that hash passwords: the one function that carries Argon2's native module. */
export const handler = httpHandler({
  register: credentials.register,
  login: credentials.login,
  changePassword: credentials.changePassword,
  deleteAccount: deletion.remove,

  createPassword: serverPassword.create,
  joinByPassword: serverPassword.join,
});
