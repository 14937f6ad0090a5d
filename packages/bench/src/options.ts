export interface Options {
  /** The checkout whose built server is measured. */
  root: string;
  /** Another one, measured in the same run. */
  against: string | undefined;
  /** To see that a benchmark works; its figures are worth nothing. */
  isQuick: boolean;
}
