import { startEngine } from "../dynamodb/engine";

// The program that tests kill: it owns an engine and does nothing else.
const engine = await startEngine({ dataDir: process.argv[2] ?? "", env: {} });
console.log(JSON.stringify({ pid: process.pid, endpoint: engine.endpoint, enginePid: engine.pid }));
process.on("SIGTERM", () => void engine.stop().then(() => process.exit()));
setInterval(() => undefined, 60_000);
