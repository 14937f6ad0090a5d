export { consume } from "./consume";
export { commit, get as getGroup, list as listGroups, poll, put as putGroup, remove as removeGroup } from "./groups";
export { produce } from "./produce";
export { create, get, list, put, remove } from "./topics";
