/** How long a room can keep what is said in it, as it is offered. */
export const ROOM_HOURS = [1, 6, 12, 24] as const;

/** Said at the name of a room that cannot be made, since it is there: the page then leads to it. */
export const IS_THERE = "There is a room of that name already.";
