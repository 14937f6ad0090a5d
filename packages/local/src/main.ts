import { settingsFrom } from "./settings";
import { startSingleServer } from "./single-server";
import { runUntilStopped } from "./run-until-stopped";

await runUntilStopped(() => startSingleServer(settingsFrom(process.env)));
