/** The bounds that whoever talks meets at once. They stand apart from the others (`limits.ts`) so that a browser need not load all of them for a channel. */
export const talkLimits = {
  messageContent: { min: 1, max: 4000 },
  pageDefault: 50,
  pageMax: 100,
  /** Topics in one subscribe frame, and topics that one connection may listen to. */
  subscribeMax: 50,
  topicsPerConnectionMax: 100,
} as const;
