/** What a server's icon is used by, as `core/src/upload` has it. */
export const iconOf = (serverId: string): string => `icon#${serverId}`;
