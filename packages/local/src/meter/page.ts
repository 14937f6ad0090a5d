import type { IncomingMessage, ServerResponse } from "node:http";
import type { Meter, MeterSnapshot } from "./meter";
import { prices, storagePrices, units, type Price } from "./prices";

/** Serves `/_local/cost` and `/_local/cost.json`. Returns false for any other path. `POST /_local/cost/reset` starts the count again. */
export function createMeterPages(meter: Meter) {
  return function handle(request: IncomingMessage, response: ServerResponse, path: string): boolean {
    const route = `${request.method === "HEAD" ? "GET" : request.method} ${path}`;
    switch (route) {
      case "GET /_local/cost":
        send(response, "text/html; charset=utf-8", page(meter.snapshot()));
        return true;
      case "GET /_local/cost.json":
        send(response, "application/json", JSON.stringify({ ...meter.snapshot(), prices, storagePrices }));
        return true;
      case "POST /_local/cost/reset":
        meter.reset();
        response.writeHead(303, { location: "/_local/cost" }).end();
        return true;
      default:
        return false;
    }
  };
}

function send(response: ServerResponse, contentType: string, body: string): void {
  response.writeHead(200, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
  });
  response.end(body);
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 2rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .5rem; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); text-align: right; }
th:first-child, td:first-child, td.text { text-align: left; }
`;

function page(snapshot: MeterSnapshot): string {
  const counted = units.filter((unit) => snapshot.units[unit] > 0);
  const totals = units.map((unit) => {
    const amount = snapshot.units[unit];
    return row([prices[unit].name, number(amount), dollars(amount * prices[unit].dollars)]);
  });
  const requests = snapshot.requests.map((request) => {
    const each = counted.map((unit) => number(request.units[unit] / Math.max(1, request.count)));
    return row([request.label, number(request.count), dollars(request.dollars), dollars(request.dollarsEach * 1_000_000), ...each]);
  });
  const sources = [...Object.values<Price>(prices), ...Object.values<Price>(storagePrices)].map(({ name, listed, source, notedOn }) => {
    return `<tr><td>${escape(name)}</td><td class="text">${escape(listed)}</td><td class="text">${escape(source)}, ${notedOn}</td></tr>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>What this would cost on AWS</title>
<style>${STYLE}</style>
<h1>What this would cost on AWS: ${dollars(snapshot.dollars)}</h1>
<p>Counted since <time>${snapshot.since}</time>, at the list prices of us-east-1 without any free tier. Storage and data transfer are not in it.</p>
<form method="post" action="/_local/cost/reset"><button>Start the count again</button></form>
${table("In total", ["Unit", "Amount", "Cost"], totals)}
${table("By request", ["Request", "Count", "Cost", "Cost of a million", ...counted.map((unit) => `${prices[unit].name}, each`)], requests)}
${table("Prices", ["Unit", "List price", "Source"], sources)}
</html>
`;
}

function table(caption: string, head: string[], rows: string[]): string {
  const headers = head.map((text) => `<th scope="col">${escape(text)}</th>`).join("");
  const body = rows.length ? rows.join("\n") : `<tr><td colspan="${head.length}">Nothing yet</td></tr>`;
  return `<div class="scroll"><table><caption>${caption}</caption><thead><tr>${headers}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function row(cells: string[]): string {
  return `<tr>${cells.map((cell) => `<td>${escape(cell)}</td>`).join("")}</tr>`;
}

/** Labels may hold what a client sent. */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

const number = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 4 });
const dollars = (value: number) => `$${value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 8 })}`;
