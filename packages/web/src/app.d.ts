import type { Account } from "@agora/core/actor";
import type { Theme } from "./lib/theme";

declare global {
  namespace App {
    interface Locals {
      /** Who is logged in. */
      actor: Account | null;
      requestId: string;
      /** Did the browser come over https? `event.url` does not know. */
      secure: boolean;
      theme: Theme;
      /** The reader's language and time zone, so that the first paint already shows their times. */
      locale: string;
      zone: string;
    }
    interface Error {
      message: string;
      code?: string;
      requestId?: string;
    }
  }
}

export {};
