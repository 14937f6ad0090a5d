/** What completes names and emoji: it is loaded with the first sign of one. */
export { completed, triggerAt } from "./completion";
export { default as Completion } from "./ui/Completion.svelte";
