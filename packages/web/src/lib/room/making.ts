/** How long a room can keep what is said in it, as it is offered. */
export const ROOM_HOURS = [
  { value: 1, label: "1 hour" },
  { value: 6, label: "6 hours" },
  { value: 12, label: "12 hours" },
  { value: 24, label: "24 hours" },
] as const;

/** Said at the name of a room that cannot be made, since it is there: the page then leads to it. */
export const IS_THERE = "There is a room of that name already.";
