import type { Dates } from "$lib/chat/dates";
import type { ServerDetail } from "@agora/core/protocol/server";
import { createContext } from "svelte";

export interface Settings {
  readonly server: ServerDetail;
  /** The address of the settings, without a section. */
  readonly path: string;
  readonly dates: Dates & {
    /** "4 March 2025" */
    date: (at: number) => string;
  };
}

/** What the settings that are shown are of. */
export const [getSubject, setSubject] = createContext<{ readonly name: string }>();

/** The server whose settings are shown. */
export const [getSettings, setSettings] = createContext<Settings>();
