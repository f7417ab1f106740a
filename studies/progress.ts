/**
 * What a study tells while its runs train.
 * @module
 */

/** Counts, and shows what trains. */
export interface Progress {
  /** A part begins: so many runs of this kind. */
  begin(part: string, total: number): void;
  /** One of them ended. */
  ended(failed: boolean): void;
  /** Prints a line that stays, above the one that is drawn over. What is marked by `argument` is spelled as the reader gives it. */
  tell(text: string): void;
  /** Takes the line away. */
  end(): void;
}
