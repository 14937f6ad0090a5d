import { spawnSync } from "node:child_process";

/** One system call. `begin` and `end` are places in the order of all calls: two calls that overlap in time overlap here. */
export interface Call {
  name: string;
  begin: number;
  end: number;
  /** The file that it is about: of its descriptor, or named by it. */
  path: string | undefined;
  /** The peer, if its descriptor is a TCP socket. */
  socket: string | undefined;
  /** What was read or written. */
  data: Buffer;
  /** Of `pwrite64`. */
  offset: number;
  isCreating: boolean;
  result: number;
}

/** `?`: a machine that does not have the call has another that does the same. */
const TRACED = "recvfrom,readv,write,writev,sendto,sendmsg,pwrite64,pwritev,fsync,fdatasync,?open,openat,?unlink,unlinkat,?mkdir,mkdirat";

/** More than any one read or write of the engines. */
const MAX_BYTES = 200_000;

/**
 * To be put before a command, whose system calls and its children's are then written to `file`: of every thread, with files and peers instead of
 * descriptors and bytes as hex. Other calls are not even stopped at (`--seccomp-bpf`), else a JVM takes half a minute to start.
 */
export function straceCommand(file: string): string[] {
  return ["strace", "-f", "--seccomp-bpf", "-yy", "-xx", "-s", String(MAX_BYTES), "-e", `trace=${TRACED}`, "-e", "signal=none", "-o", file];
}

/** Why system calls cannot be watched here; undefined if they can. */
export function whyNoStrace(): string | undefined {
  const { error, status, stderr } = spawnSync("strace", ["-f", "--seccomp-bpf", "-o", "/dev/null", "true"], { encoding: "utf8" });
  if (error) return "strace is not installed";
  return status === 0 ? undefined : `strace may not watch a process here: ${stderr.trim()}`;
}

/** Reads what strace wrote. A call that was interrupted by another thread's stands on two lines, which are joined. */
export function parseTrace(text: string): Call[] {
  const calls: Call[] = [];
  const unfinished = new Map<string, { head: string; begin: number }>();
  for (const [at, line] of text.split("\n").entries()) {
    const [, thread = "", rest = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (rest.endsWith("<unfinished ...>")) {
      unfinished.set(thread, { head: rest.slice(0, -"<unfinished ...>".length), begin: at });
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>/.exec(rest)?.[0];
    const started = resumed === undefined ? { head: "", begin: at } : unfinished.get(thread);
    const call = started && parseCall(started.head.trimEnd() + rest.slice(resumed?.length ?? 0), started.begin, at);
    if (call) calls.push(call);
  }
  return calls.sort((a, b) => a.begin - b.begin);
}

function parseCall(text: string, begin: number, end: number): Call | undefined {
  const [, name, args = "", result] = /^(\w+)\((.*)\) += (-?\d+)/.exec(text) ?? [];
  if (name === undefined || result === undefined) return undefined;
  const strings = [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = ""]) => fromHex(hex));
  const descriptor = /^\d+<(.*?)>(?:,|$)/.exec(args)?.[1];
  const isPathCall = descriptor === undefined;
  return {
    name,
    begin,
    end,
    path: isPathCall ? strings[0]?.toString() : fromHex(descriptor).toString(),
    socket: descriptor?.startsWith("TCP") ? descriptor : undefined,
    data: isPathCall ? Buffer.alloc(0) : Buffer.concat(strings),
    offset: name.startsWith("pwrite") ? Number(/, (\d+)$/.exec(args)?.[1]) : 0,
    isCreating: args.includes("O_CREAT"),
    result: Number(result),
  };
}

const fromHex = (text: string): Buffer => Buffer.from(text.replaceAll("\\x", ""), "hex");

const SYNCS = new Set(["fsync", "fdatasync"]);
/** The call asked for what was written before it to be on the disk, and it was. */
export const isSync = ({ name, result }: Call): boolean => SYNCS.has(name) && result === 0;
