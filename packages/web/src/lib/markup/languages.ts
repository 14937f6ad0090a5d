/** What people call the languages that are highlighted. */
const NAMES = new Set(
  (
    "bash sh zsh shell console c h cpp c++ cc hpp csharp cs c# css scss diff patch dockerfile docker go golang graphql gql html xml svg vue svelte " +
    "ini toml java javascript js jsx mjs cjs json jsonc kotlin kt lua makefile make markdown md php python py ruby rb rust rs sql swift " +
    "typescript ts tsx mts yaml yml"
  ).split(" "),
);

export const isHighlighted = (language: string): boolean => NAMES.has(language.toLowerCase());
