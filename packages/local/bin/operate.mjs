import { createHmac } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { inRoot } from "./paths.mjs";

/*
 * What whoever runs Agora does about rooms, at the running server: on one box beside its data folder, on AWS by `npx sst shell --stage … -- npm run operate -- …`.
 * It shows a key that is made from the secret of the instance: see `core/src/lib/operator.ts`.
 */
const USAGE = `npm run operate -- reports              what people have reported, newest first
npm run operate -- close <room> [hours]  put everybody out of a room, and let nobody in (30 days)
npm run operate -- open <room>           let people in again`;

if (existsSync(inRoot(".env"))) process.loadEnvFile(inRoot(".env"));
const linked = (name) => JSON.parse(process.env[`SST_RESOURCE_${name}`] ?? "{}");
const secretFile = path.join(path.resolve(process.env.AGORA_DATA || ".agora"), "token-secret");
const secret = linked("TokenSecret").value ?? (existsSync(secretFile) ? readFileSync(secretFile, "utf8") : undefined);
const site = linked("Router").url ?? process.env.AGORA_ORIGIN ?? `http://localhost:${process.env.PORT || 3000}`;

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

async function call(method, route, body) {
  const key = createHmac("sha256", secret).update("agora operator").digest("base64url");
  const headers = { authorization: `Operator ${key}`, ...(body ? { "content-type": "application/json" } : {}) };
  const answer = await fetch(`${site}/api${route}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) }).catch(() =>
    fail(`Nothing answers at ${site}. Is Agora running?`),
  );
  const read = answer.status === 204 ? undefined : await answer.json();
  if (!answer.ok) fail(`${read.error} (${read.code})`);
  return read;
}

const [action, room, hours] = process.argv.slice(2);
if (!secret) fail(`There is no secret in ${secretFile}: start Agora once, or set AGORA_DATA.`);
if (action === "reports") {
  for (const { room: of, reason, said, created_at } of (await call("GET", "/rooms")).reports) {
    const words = said ? [`${said.alias}: ${said.content}`, ...said.images] : [];
    console.log([`${new Date(created_at).toISOString()}  ${of}  ${reason}`, ...words].join("\n    "));
  }
} else if (action === "close" && room) {
  await call("PUT", `/rooms/${encodeURIComponent(room)}/closed`, hours === undefined ? {} : { hours: Number(hours) });
  console.log(`${room} is closed.`);
} else if (action === "open" && room) {
  await call("DELETE", `/rooms/${encodeURIComponent(room)}/closed`);
  console.log(`${room} is open.`);
} else fail(USAGE);
