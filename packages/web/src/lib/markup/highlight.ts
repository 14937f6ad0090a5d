import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import csharp from "highlight.js/lib/languages/csharp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import go from "highlight.js/lib/languages/go";
import graphql from "highlight.js/lib/languages/graphql";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import kotlin from "highlight.js/lib/languages/kotlin";
import lua from "highlight.js/lib/languages/lua";
import makefile from "highlight.js/lib/languages/makefile";
import markdown from "highlight.js/lib/languages/markdown";
import php from "highlight.js/lib/languages/php";
import python from "highlight.js/lib/languages/python";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import scss from "highlight.js/lib/languages/scss";
import shell from "highlight.js/lib/languages/shell";
import sql from "highlight.js/lib/languages/sql";
import swift from "highlight.js/lib/languages/swift";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import { createLowlight } from "lowlight";

// Large, and loaded only where a block of code is looked at.
const lowlight = createLowlight({
  bash,
  c,
  cpp,
  csharp,
  css,
  diff,
  dockerfile,
  go,
  graphql,
  ini,
  java,
  javascript,
  json,
  kotlin,
  lua,
  makefile,
  markdown,
  php,
  python,
  ruby,
  rust,
  scss,
  shell,
  sql,
  swift,
  typescript,
  xml,
  yaml,
});
lowlight.registerAlias({ xml: ["vue", "svelte"], json: ["jsonc"] });

/** A piece of code: text, or pieces that are of one kind. */
export type Token = string | { kind: string; children: Token[] };

type Nodes = ReturnType<typeof lowlight.highlight>["children"];

/** Splits code into what its language tells apart. The texts put together are the code. */
export function highlight(language: string, code: string): Token[] {
  const name = language.toLowerCase();
  return lowlight.registered(name) ? tokens(lowlight.highlight(name, code).children) : [code];
}

function tokens(nodes: Nodes): Token[] {
  return nodes.flatMap((node): Token[] => {
    if (node.type === "text") return [node.value];
    return node.type === "element" ? [{ kind: kindOf(node.properties["className"]), children: tokens(node.children) }] : [];
  });
}

/** `hljs-title` and `function_` are a title of a function; the first says enough. */
function kindOf(classNames: unknown): string {
  const [first] = Array.isArray(classNames) ? (classNames as unknown[]) : [];
  return /^hljs-([a-z_-]+)$/.exec(String(first))?.[1] ?? "";
}
