import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { Busboy } from "@fastify/busboy";
import { S3Error } from "./s3-error";

/** A form as a browser posts it: fields, and one file behind them. */
export interface Form {
  /** By their lower-case names. */
  fields: ReadonlyMap<string, string>;
  file: AsyncIterable<Buffer>;
}

/** A policy in base 64 is the longest of the fields. S3 takes 20 KB of all of them together. */
const FIELD_MAX_BYTES = 20 * 1024;
const FIELDS_MAX = 100;

/**
 * Reads a form up to its file, and gives the rest as a stream.
 * @throws S3Error MalformedPOSTRequest, InvalidArgument
 */
export function readForm(request: IncomingMessage): Promise<Form> {
  return new Promise((resolve, reject) => {
    const fields = new Map<string, string>();
    const contentType = request.headers["content-type"] ?? "";
    const refuse = (error: S3Error) => {
      request.unpipe(parser);
      reject(error);
    };
    const malformed = (cause?: unknown) =>
      refuse(new S3Error("MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.", { cause }));

    let parser: InstanceType<typeof Busboy>;
    try {
      parser = new Busboy({
        headers: { ...request.headers, "content-type": contentType },
        // By its name alone, whatever a browser says of its type.
        isPartAFile: (name) => name === "file",
        limits: { fieldSize: FIELD_MAX_BYTES, fields: FIELDS_MAX, files: 1, headerSize: FIELD_MAX_BYTES },
      });
    } catch (cause) {
      reject(new S3Error("MalformedPOSTRequest", "Send the form as multipart/form-data.", { cause }));
      return;
    }
    let file: Readable | undefined;
    parser.on("field", (name, value, isNameCut, isValueCut) => {
      if (file) return; // what stands behind the file is not looked at
      if (isNameCut || isValueCut) malformed();
      else fields.set(name.toLowerCase(), value);
    });
    parser.on("file", (_, stream) => {
      file = stream;
      // The parser fails a file that is cut short; whoever reads it hears of that.
      stream.on("error", () => undefined);
      resolve({ fields, file: stream as AsyncIterable<Buffer> });
    });
    parser.on("fieldsLimit", () => malformed());
    parser.on("finish", () => reject(new S3Error("InvalidArgument", "POST requires exactly one file upload per request."))); // nothing, if there was one
    parser.on("error", (cause) => {
      file?.destroy(new S3Error("MalformedPOSTRequest", "The form ends before its file does.", { cause }));
      malformed(cause);
    });
    request.once("close", () => {
      if (request.complete) return;
      file?.destroy(new S3Error("IncompleteBody", "The connection was closed before the file had ended."));
      malformed();
    });
    request.pipe(parser);
  });
}
