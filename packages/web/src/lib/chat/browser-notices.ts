import type { Notice } from "./notices.svelte";

/** In this browser alone: another one may stand where nobody should be disturbed. */
const KEY = "agora:browser-notices";

export type BrowserNotices = "on" | "off" | "refused" | "impossible";

/** Whether the browser tells of messages while nobody sees the page. */
export function browserNotices(): BrowserNotices {
  if (!("Notification" in globalThis)) return "impossible";
  if (Notification.permission === "denied") return "refused";
  return Notification.permission === "granted" && isWanted() ? "on" : "off";
}

/** Asks the person, if they were not asked before. */
export async function switchBrowserNotices(on: boolean): Promise<BrowserNotices> {
  if (on && "Notification" in globalThis && Notification.permission === "default") await Notification.requestPermission();
  try {
    if (on) localStorage.setItem(KEY, "on");
    else localStorage.removeItem(KEY);
  } catch {
    // Switched off: it is then not kept, and stays off.
  }
  return browserNotices();
}

/** One for each conversation: the next one takes its place. */
export function tellByBrowser({ conversationId, href, title, text }: Notice, open: (href: string) => void): void {
  if (browserNotices() !== "on") return;
  try {
    const shown = new Notification(title, { body: text, tag: conversationId, icon: "/favicon.svg" });
    shown.onclick = () => {
      window.focus();
      open(href);
      shown.close();
    };
  } catch {
    // Some browsers let only service workers show them: then there are none.
  }
}

function isWanted(): boolean {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false;
  }
}
