/** By what the avatar of an account is used. */
export const avatarOf = (userId: string): string => `avatar:${userId}`;
