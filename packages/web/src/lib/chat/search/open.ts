/** What is loaded when somebody wants to search, or to go to a day. */
export { default as DateDialog } from "./DateDialog.svelte";
export { default as SearchPanel } from "./SearchPanel.svelte";
export { MessageSearch } from "./message-search.svelte";
