/** What is loaded with the first file. */
export { default as DropOverlay } from "./DropOverlay.svelte";
export { default as FileTray } from "./FileTray.svelte";
export { postForm } from "./post-form";
export { Uploads } from "./uploads.svelte";
