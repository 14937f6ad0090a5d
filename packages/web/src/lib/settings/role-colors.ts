/** Colours that can be told apart, and seen on a light and on a dark page. */
export const roleColors: readonly { value: string; label: string }[] = [
  { value: "#d64545", label: "Red" },
  { value: "#d9731a", label: "Orange" },
  { value: "#b8860b", label: "Gold" },
  { value: "#2f9e57", label: "Green" },
  { value: "#1797a6", label: "Teal" },
  { value: "#3b82d6", label: "Blue" },
  { value: "#7c5ce0", label: "Violet" },
  { value: "#d14d95", label: "Pink" },
];

/** Where the picker begins. */
export const FIRST_CUSTOM = "#5b8c7b";
