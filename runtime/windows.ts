/**
 * Windows of convolutions and pools over images.
 * @module
 */

/** Windows over images. */
export interface Windows {
  /** Height and width of a window. */
  readonly window: readonly [height: number, width: number];
  /** The distance from one window to the next, along both axes. */
  readonly stride: number;
  /** Rows and columns around the image. */
  readonly margins: Margins;
  /** How many windows there are: ⌊(size + margins − window) / stride⌋ + 1 along each axis. */
  readonly counts: readonly [rows: number, columns: number];
}

/** Rows and columns around an image: `[[top, bottom], [left, right]]`. */
export type Margins = readonly [
  rows: readonly [top: number, bottom: number],
  columns: readonly [left: number, right: number],
];
