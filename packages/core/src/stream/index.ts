export { consume } from "./consume";
export { produce } from "./produce";
export { get, list, put, remove } from "./topics";
