/** What only those need who come in: it is loaded when somebody wants to. */
export { RoomClient } from "./room-client.svelte";
export { default as RoomView } from "./RoomView.svelte";
