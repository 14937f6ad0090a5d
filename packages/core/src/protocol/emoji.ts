/** One emoji as a person sees it, with its selectors where Unicode has them (fully qualified). */
const EMOJI = new RegExp("^\\p{RGI_Emoji}$", "v"); // as a literal it would need a newer target

/** Asks for the coloured form. Written or not, it is the same emoji. */
const PRESENTATION = "\uFE0F";
const SKIN_TONE = /^\p{Emoji_Modifier}/u;

/**
 * The emoji that a text is, in the one form in which it is kept: `❤` and `❤️` are one. Undefined for everything else: two of them, a text, a part of one.
 * Which emoji there are is what the running Unicode knows; a newer one is refused.
 */
export function toEmoji(text: string): string | undefined {
  const qualified = qualify(text.replaceAll(PRESENTATION, ""));
  return EMOJI.test(qualified) ? qualified : undefined;
}

/** Behind whatever is shown as text by itself stands the selector, unless a skin tone stands there, which asks for colour as well. */
function qualify(bare: string): string {
  const characters = Array.from(bare);
  return characters
    .map((character, i) => {
      const isTextByItself = /^\p{Emoji}/u.test(character) && !/^\p{Emoji_Presentation}/u.test(character);
      return isTextByItself && !SKIN_TONE.test(characters[i + 1] ?? "") ? character + PRESENTATION : character;
    })
    .join("");
}
