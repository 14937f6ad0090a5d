import path from "node:path";
import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";

const root = path.resolve(import.meta.dirname, "..");

export default ts.config(
  { ignores: ["**/node_modules/**", "**/dist/**", "**/.svelte-kit/**", ".sst/**", "sst-env.d.ts", "sst.config.ts", "packages/infra/**"] },
  js.configs.recommended,
  ts.configs.strictTypeChecked,
  svelte.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.node },
      parserOptions: { projectService: { allowDefaultProject: [".config/*.js"] }, tsconfigRootDir: root, extraFileExtensions: [".svelte"] },
    },
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-nested-ternary": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowNullish: true }],
      // `return refuse(response);` is how a handler answers and ends.
      "@typescript-eslint/no-confusing-void-expression": "off",
      // An async function is how a port that is synchronous here keeps the promise of one that is not elsewhere.
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/no-invalid-void-type": "off",
      // Interfaces here describe objects without `this`, and are taken apart on purpose.
      "@typescript-eslint/unbound-method": "off",
      // TypeScript says it better.
      "no-undef": "off",
      // The site stands at the root of its domain.
      "svelte/no-navigation-without-resolve": "off",
      // svelte-check reports them, with the compiler's own knowledge of what was warned of.
      "svelte/no-unused-svelte-ignore": "off",
    },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { globals: { ...globals.browser }, parserOptions: { parser: ts.parser } },
    rules: {
      // The types that Kit generates for a route are known to svelte-check, which looks at the same lines, and `any` here.
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      // `void value;` is how an effect says what it depends on.
      "@typescript-eslint/no-meaningless-void-operator": "off",
    },
  },
  // What is not TypeScript has no types to check by.
  { files: ["**/*.js", "**/*.mjs", "**/*.cjs"], extends: [ts.configs.disableTypeChecked] },
  {
    files: ["**/*.test.ts", "**/testing/**", "packages/local/src/contract/**", "packages/e2e/**"],
    rules: {
      // Tests look at what the wire says, which has no type until it was looked at.
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-base-to-string": "off",
    },
  },
);
