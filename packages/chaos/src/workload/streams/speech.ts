import { between, smallTalk, type Random } from "../choice";

const LARGE_EVERY = 300;
/** As text that hardly shrinks: what is more than 32 KB as compressed is kept beside the table. */
const LARGE_CHARACTERS = { min: 20_000, max: 60_000 };

/** As people say it, and now and then something large. */
export function speech(random: Random): string {
  if (random() >= 1 / LARGE_EVERY) return smallTalk(random);
  const characters = between(random, LARGE_CHARACTERS.min, LARGE_CHARACTERS.max);
  let text = "";
  while (text.length < characters) text += random().toString(36).slice(2);
  return text;
}
