import path from "node:path";

/** What whoever runs Agora on one machine can choose; `.env.example` explains each variable. */
export interface Settings {
  port: number;
  host: string;
  dataDir: string;
  /** Where people open the site, if that is not `http://localhost:<port>`. */
  siteUrl: string | undefined;
  /** Whether a proxy of one's own stands in front and its `x-forwarded-*` headers are true. */
  trustProxy: boolean;
}

/** A setting that cannot be. The message is one line for the person at the terminal. */
export class SettingsError extends Error {
  override name = "SettingsError";
}

/** @throws SettingsError */
export function settingsFrom(env: NodeJS.ProcessEnv): Settings {
  return {
    port: parsePort(env["PORT"] ?? "3000"),
    host: env["HOST"] || "127.0.0.1",
    dataDir: path.resolve(env["AGORA_DATA"] || ".agora"),
    siteUrl: parseOrigin(env["AGORA_ORIGIN"]),
    trustProxy: env["AGORA_TRUST_PROXY"] === "1",
  };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new SettingsError(`PORT must be a number from 0 to 65535, not "${text}".`);
  return port;
}

function parseOrigin(text: string | undefined): string | undefined {
  if (!text) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search || url.hash) {
    throw new SettingsError(`AGORA_ORIGIN must be an origin like https://chat.example.org, not "${text}".`);
  }
  return url.origin;
}
