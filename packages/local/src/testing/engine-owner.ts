import { startEngine } from "../dynamodb/engine";

// The program that tests kill with SIGKILL: it owns an engine and does nothing else.
const engine = await startEngine({ dataDir: process.argv[2] ?? "", env: {} });
console.log(JSON.stringify({ endpoint: engine.endpoint, pid: engine.pid }));
setInterval(() => undefined, 60_000);
