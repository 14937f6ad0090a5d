import { tick } from "svelte";
import type { SubmitFunction } from "@sveltejs/kit";

/** Forms that are on their way. */
const busy = new WeakSet<HTMLFormElement>();

interface Handlers {
  ondone?: () => void | Promise<void>;
  /** It leads to another page. @param sent what was sent. */
  onredirect?: (sent: FormData) => void;
}

/** Sends a form without loading the page again. Once at a time; and what is wrong gets the focus. */
export function submitting({ ondone, onredirect }: Handlers = {}): SubmitFunction {
  return ({ cancel, formElement, formData }) => {
    if (busy.has(formElement)) return cancel();
    busy.add(formElement);
    return async ({ result, update }) => {
      busy.delete(formElement);
      if (result.type === "redirect") onredirect?.(formData);
      await update({ reset: false });
      if (result.type === "success") {
        formElement.reset(); // to what the page was loaded with again
        return ondone?.();
      }
      await tick();
      if (result.type === "failure") formElement.querySelector<HTMLElement>("[aria-invalid='true']")?.focus();
    };
  };
}
