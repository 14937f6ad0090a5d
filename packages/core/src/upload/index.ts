import type * as Files from "./files";
import type * as Open from "./open";

export { urlOfFile, urlUntil } from "./link";

/* The door to files: what is behind it is loaded when there is a file, so that nobody's first message waits for it. */

const files = (): Promise<typeof Files> => import("./files");
const open = (): Promise<typeof Open> => import("./open");

export const create: typeof Files.create = async (...input) => (await files()).create(...input);
export const claim: typeof Files.claim = async (...input) => (await files()).claim(...input);
export const claimImage: typeof Files.claimImage = async (...input) => (await files()).claimImage(...input);
export const release: typeof Files.release = async (...input) => (await files()).release(...input);
export const releaseImage: typeof Files.releaseImage = async (...input) => (await files()).releaseImage(...input);
export const createForRoom: typeof Files.createForRoom = async (...input) => (await files()).createForRoom(...input);
export const claimForRoom: typeof Files.claimForRoom = async (...input) => (await files()).claimForRoom(...input);
export const openFile: typeof Open.openFile = async (...input) => (await open()).openFile(...input);
export const openImage: typeof Open.openImage = async (...input) => (await open()).openImage(...input);
