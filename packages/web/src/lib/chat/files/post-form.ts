import type { Upload } from "@agora/core/protocol/upload";
import { AgoraError } from "@agora/sdk";

/** So long nothing may move. */
const STALLED_MS = 60_000;

interface PostOptions {
  onprogress: (part: number) => void;
  signal: AbortSignal;
}

/** Posts a file to the store; by XMLHttpRequest, since `fetch` does not say how far it is. @throws AgoraError */
export function postForm({ url, fields }: Upload["upload"], file: File, { onprogress, signal }: PostOptions): Promise<void> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file); // the store reads nothing behind it

  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let stalled: ReturnType<typeof setTimeout> | undefined;
    const abort = () => request.abort();
    const watch = () => {
      clearTimeout(stalled);
      stalled = setTimeout(abort, STALLED_MS);
    };
    request.upload.onprogress = ({ loaded, total }) => {
      watch();
      onprogress(Math.min(1, loaded / total));
    };
    request.onloadend = () => {
      clearTimeout(stalled);
      signal.removeEventListener("abort", abort);
      if (request.status === 204) resolve();
      else reject(refusal(request.status));
    };
    signal.addEventListener("abort", abort);
    request.open("POST", url);
    watch();
    if (signal.aborted) return reject(refusal(0));
    request.send(form);
  });
}

function refusal(status: number): AgoraError {
  if (status === 0) return new AgoraError("network", "The connection was lost.");
  if (status >= 500) return new AgoraError("unavailable", "The server cannot take files at the moment. Try it again.", { status });
  return new AgoraError("upload.not_found", "The server did not take this file. Try it again.", { status });
}
