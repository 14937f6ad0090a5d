import type { Build } from "./bundler";

/** The text of sst-env.d.ts: the type of `Resource`, made from what is linked to at least one function. The CLI writes it only on deploy. */
export function resourceTypes(builds: Record<string, Build>): string {
  const linked: Build["links"] = Object.assign({}, ...Object.values(builds).map(({ links }) => links));
  const members = Object.keys(linked)
    .sort()
    .map((name) => `    ${name}: {\n${properties(linked[name] ?? {})}    };\n`);
  return `// Made from packages/infra by \`npm run types -w packages/infra\`. Do not edit.
import "sst";

declare module "sst" {
  export interface Resource {
${members.join("")}  }
}
`;
}

const properties = (link: Record<string, string>) =>
  Object.keys(link)
    .sort()
    .map((key) => `      ${key}: ${key === "type" ? JSON.stringify(link[key]?.split("$").at(-1)?.replaceAll(":", ".")) : "string"};\n`)
    .join("");
