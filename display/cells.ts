/**
 * What a table says, whatever it is written in.
 * @module
 */

/** Cells of text; the best of a column is to be in bold. */
export interface Cells {
  /** The columns' names. */
  readonly heads: readonly string[];
  /** As many cells each as there are heads. */
  readonly rows: readonly (readonly Cell[])[];
}

/** A cell. */
export interface Cell {
  /** What it says. */
  readonly text: string;
  /** Whether it stands out. */
  readonly best?: boolean;
}
