/** Milliseconds of the machine's own clock, which all processes on it share and which never jumps. */
export function nowMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}
