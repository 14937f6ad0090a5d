// For prerendered pages: the theme that the reader chose, before the first paint.
const match = /(?:^|; )agora_theme=(light|dark)(?:;|$)/.exec(document.cookie);
if (match) document.documentElement.dataset.theme = match[1];
