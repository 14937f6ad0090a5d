import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * Something that tells a process from a later one with the same number: numbers are used again, and in a container after a restart almost
 * always. On Linux the boot and the tick at which it started, elsewhere what `ps` says of its start.
 * @returns undefined if there is no such process
 */
export function processIdentity(pid: number): string | undefined {
  return process.platform === "linux" ? fromProc(pid) : fromPs(pid);
}

function fromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field, the name in parentheses, may hold anything; after it come the state and, as the 20th, the start time.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const isZombie = fields[0] === "Z";
    if (isZombie) return undefined;
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot}:${fields[19]}`;
  } catch {
    return undefined; // no such process
  }
}

function fromPs(pid: number): string | undefined {
  try {
    const started = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return started.trim() || undefined;
  } catch {
    return undefined; // ps fails when no process matches
  }
}
