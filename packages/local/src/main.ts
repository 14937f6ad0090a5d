import { runUntilStopped } from "./run-until-stopped";
import { settingsFrom } from "./settings";
import { startSingleServer } from "./single-server";

await runUntilStopped((onFatal) => startSingleServer(settingsFrom(process.env), onFatal));
