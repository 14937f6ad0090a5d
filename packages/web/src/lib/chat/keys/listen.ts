import type { ChatClient } from "../client.svelte";
import type { act } from "./act";
import { shortcutOf } from "./shortcuts";

/** What a place must be open for. */
const IN_PLACE = /^(?:present|read|search|reply|edit|react|remove)$/;

/** Returns how to stop. */
export function listenToKeys(client: ChatClient): () => void {
  let acts: typeof act | undefined;
  const pressed = (event: KeyboardEvent) => {
    const meant = shortcutOf(event);
    if (!meant || (IN_PLACE.test(meant) && !client.place)) return;
    if (meant === "type") {
      document.querySelector<HTMLElement>("textarea#composer")?.focus(); // which takes the letter
      return;
    }
    event.preventDefault();
    const { target } = event;
    if (acts) return acts(meant, target, client);
    void import("./act").then((loaded) => {
      acts = loaded.act;
      acts(meant, target, client);
    });
  };
  document.addEventListener("keydown", pressed);
  return () => document.removeEventListener("keydown", pressed);
}
