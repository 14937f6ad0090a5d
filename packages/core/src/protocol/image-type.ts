/** The images that every browser shows, and that cannot carry a script. */
export const imageTypes = ["image/png", "image/jpeg", "image/gif", "image/webp"] as const;
export const isImageType = (contentType: string): boolean => (imageTypes as readonly string[]).includes(contentType);
