/** Made when the site is built: `emoji-data.ts`. */
declare module "virtual:emoji" {
  type Row = [emoji: string, name: string, shortcodes: string, tags: string, group: number, hasTones: number];
  const rows: Row[];
  export default rows;
}
