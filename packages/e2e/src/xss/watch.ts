import type { Page } from "playwright-core";

declare global {
  interface Window {
    /** What is written would set it. */
    __xss?: unknown;
    __ran?: number;
    __violations?: string[];
  }
}

/** What messages are shown with. */
const SHOWN = new Set(
  (
    "div p span strong em u s code pre blockquote ul ol li a time h2 noscript button svg path img " + // what is said, who said it and when
    "br"
  ).split(" "),
);
const SCHEMES = new Set(["http:", "https:", "mailto:"]);

/** Looks for anything that ran in a page, or would have, had the content security policy not been there. Its answers are complaints. */
export async function watch(page: Page): Promise<() => Promise<string[]>> {
  const seen: string[] = [];
  page.on("dialog", (dialog) => {
    seen.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("pageerror", (error) => seen.push(`an error: ${error.message}`));
  page.on("request", (request) => {
    if (!/^(http:\/\/localhost:|ws:\/\/localhost:|data:|blob:)/.test(request.url())) seen.push(`a request to ${request.url()}`);
  });
  // Also where scripts are off, the console tells what was refused.
  page.on("console", (message) => {
    if (/content security policy|hydration/i.test(message.text())) seen.push(message.text());
  });
  await page.addInitScript(() => {
    window.__violations = [];
    window.__ran = 0;
    Object.defineProperty(window, "__xss", { set: () => (window.__ran = (window.__ran ?? 0) + 1) });
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) =>
      window.__violations?.push(`refused: ${violatedDirective} ${blockedURI} ${sample}`),
    );
  });
  return async () => [...seen, ...(await complaints(page))];
}

function complaints(page: Page): Promise<string[]> {
  return page.evaluate(
    ({ shown, schemes }) => {
      const found = [...(window.__violations ?? [])];
      if (window.__ran) found.push(`ran: ${window.__ran} times`);
      const complain = (element: Element, what: string) => found.push(`${what}: ${element.outerHTML.slice(0, 200)}`);
      for (const element of document.querySelectorAll("*")) {
        for (const { name, value } of element.attributes) {
          if (name.startsWith("on") || name === "srcdoc" || name === "style") {
            if (!element.closest("#svelte-announcer")) complain(element, `an attribute ${name}`);
          }
          if (["href", "src", "action", "formaction", "xlink:href", "data", "poster"].includes(name) && element.tagName !== "LINK") {
            const { protocol } = new URL(value, location.href);
            if (!schemes.includes(protocol)) complain(element, `an address ${protocol}`);
          }
        }
      }
      for (const element of document.querySelectorAll("[role=log] *")) {
        if (!shown.includes(element.localName)) complain(element, "an element");
      }
      for (const script of document.scripts) {
        if (!script.nonce && !script.src.startsWith(location.origin)) complain(script, "a script");
      }
      return found;
    },
    { shown: [...SHOWN], schemes: [...SCHEMES] },
  );
}
