import { S3Error } from "./s3-error";

export interface ByteRange {
  start: number;
  /** The last byte that belongs to it. */
  end: number;
}

/**
 * Which part of so many bytes a Range header asks for; undefined for all of them, also where it asks for several parts or in a way that is not known.
 * @throws S3Error InvalidRange
 */
export function byteRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== "" && last !== "" && Number(last) < start) return undefined;
  if (start > end) throw new S3Error("InvalidRange", "The requested range is not satisfiable");
  return { start, end };
}
