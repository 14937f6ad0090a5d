import { tick } from "svelte";
import type { SubmitFunction } from "@sveltejs/kit";

/** Forms that are on their way. */
const busy = new WeakSet<HTMLFormElement>();

interface Handlers {
  ondone?: () => void | Promise<void>;
}

/** Sends a form without loading the page again. Once at a time; and what is wrong gets the focus. */
export function submitting({ ondone }: Handlers = {}): SubmitFunction {
  return ({ cancel, formElement }) => {
    if (busy.has(formElement)) return cancel();
    busy.add(formElement);
    return async ({ result, update }) => {
      busy.delete(formElement);
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
