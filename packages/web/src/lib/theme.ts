export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

/** Readable by scripts: `static/theme.js` puts it on the prerendered pages. */
export const THEME_COOKIE = "agora_theme";

const PAGE_COLOR = { light: "#f2f4f0", dark: "#0e1411" } as const;

export function asTheme(value: string | null | undefined): Theme {
  return themes.find((theme) => theme === value) ?? "system";
}

/** The colour of the browser's own bars. */
export function themeColorTags(theme: Theme): string {
  if (theme !== "system") return `<meta name="theme-color" content="${PAGE_COLOR[theme]}" />`;
  return (["light", "dark"] as const)
    .map((scheme) => `<meta name="theme-color" media="(prefers-color-scheme: ${scheme})" content="${PAGE_COLOR[scheme]}" />`)
    .join("");
}
