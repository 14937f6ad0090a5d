export { consume } from "./consume";
export { produce } from "./produce";
export { create, get, list, put, remove } from "./topics";
