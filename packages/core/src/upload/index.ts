import type * as Files from "./files";

export { urlOfFile } from "./link";

/* The door to files: what is behind it is loaded when there is a file, so that nobody's first message waits for it. */

const files = (): Promise<typeof Files> => import("./files");

export const create: typeof Files.create = async (...input) => (await files()).create(...input);
export const claim: typeof Files.claim = async (...input) => (await files()).claim(...input);
export const claimImage: typeof Files.claimImage = async (...input) => (await files()).claimImage(...input);
export const release: typeof Files.release = async (...input) => (await files()).release(...input);
export const releaseImage: typeof Files.releaseImage = async (...input) => (await files()).releaseImage(...input);
export const openFile: typeof Files.openFile = async (...input) => (await files()).openFile(...input);
export const openImage: typeof Files.openImage = async (...input) => (await files()).openImage(...input);
