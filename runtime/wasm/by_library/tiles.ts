/**
 * The tiles that Winograd's convolutions by a library fall into, and its products of them.
 * @module
 */
import type { WorkContext } from "../context.ts";
import type { Sizes as Geometry } from "../geometry.ts";
import { libraryCall, type Sizes } from "../product.ts";
import { callsOf, type Loop, NUMBER, type Part, parts, tasksOf } from "../threads/split.ts";
import { winogradTiles } from "../winograd.ts";

/** Bytes of tiles that are worked on at a time, about, and how many tiles that are at least. */
const SOME = 2 ** 20, FEWEST = 64;
/** Bytes between planes, or their lines would all compete for the same places in the cache; and of what kernels need beside them. */
const GAP = 64, EDGE = 40 * 16;

/** From how many parts on a thread takes one of them, and all that is done with it. */
export const MANY = 8;

/** Positions of a tile: so many planes and products. */
export const PLANES = 36;

/** Where a convolution's tensors lie. */
export interface Places {
  /** The images, or their gradient. */
  readonly x: number;
  /** The output, or its gradient. */
  readonly y: number;
  /** The filter, or its gradient. */
  readonly filter: number;
}

/** How a batch falls into tiles: rows of tiles of all images, some at a time. */
export interface Tiling {
  readonly channels: number;
  readonly outChannels: number;
  readonly across: number;
  /** Of all images together. */
  readonly rows: number;
  /** How many of them are worked on at a time. */
  readonly step: number;
  readonly chunks: readonly Part[];
  /** Numbers in the line of a tile, of images and of outputs: their channels, and what fills the last vector. */
  readonly lineX: number;
  readonly lineY: number;
  /** Bytes from a plane to the next, of so many tiles of images and of outputs, and of the filter. */
  readonly planeX: number;
  readonly planeY: number;
  readonly planeF: number;
  /** Where the planes of images, those of outputs and what kernels need beside them are in a thread's own memory, and its bytes. */
  readonly memory: {
    readonly images: number;
    readonly outputs: number;
    readonly scratch: number;
    readonly bytes: number;
  };
  /** Bytes that kernels need beside the planes. */
  readonly strip: number;
  /** The multiplications and additions of all products. */
  readonly work: number;
}

/** That of a convolution of such sizes. */
export function tilingOf(
  { image: [, , channels], out: [height, width, outChannels] }: Geometry,
  batch: number,
): Tiling {
  const across = winogradTiles(width), rows = batch * winogradTiles(height);
  const most = Math.max(FEWEST, SOME / (4 * PLANES * (channels + outChannels)));
  const step = Math.min(rows, Math.max(1, Math.floor(most / across))), tiles = step * across;
  const [lineX, lineY] = [channels, outChannels].map((n) => 4 * Math.ceil(n / 4));
  const plane = (lines: number, numbers: number) => 4 * lines * numbers + GAP;
  const [planeX, planeY, planeF] = [plane(tiles, lineX), plane(tiles, lineY), plane(channels, lineY)];
  const strip = Math.max(EDGE, 4 * 7 * (4 * across + 2) * Math.max(lineX, lineY)); // seven lines of an image in tiles
  const outputs = PLANES * planeX, scratch = outputs + PLANES * planeY;
  return {
    ...{ channels, outChannels, across, rows, step, chunks: parts(rows, Math.ceil(rows / step), step) },
    ...{ lineX, lineY, planeX, planeY, planeF, strip },
    memory: { images: 0, outputs, scratch, bytes: scratch + strip },
    work: 2 * PLANES * rows * across * channels * outChannels,
  };
}

/** A product in some planes. */
export interface Product extends Pick<Sizes, "rows" | "columns" | "inner" | "transposeA"> {
  readonly planes: Part;
  readonly add: boolean;
}

/** The library's arguments. Of each matrix: where the first plane's lies, the bytes to the next, and the numbers of a line. */
export function product(
  { planes: { from, size }, ...sizes }: Product,
  [a, planeA, widthA, b, planeB, widthB, out, planeOut]: readonly number[],
): number[] {
  const at = (place: number, plane: number) => from === 0 ? place : place + from * plane; // one of a thread's own stays one
  return libraryCall(
    { ...sizes, transposeB: false, widthA, widthB, width: widthB },
    [at(a, planeA), at(b, planeB), at(out, planeOut)],
    { count: size, a: planeA, b: planeB, out: planeOut },
  );
}

/** All planes. */
export const ALL: Part = { from: 0, size: PLANES };

/** The library's products of all planes, which threads share. */
export function inPlanes(context: WorkContext, work: number, call: (planes: Part) => number[]): void {
  const { code, library: { isForThreads } } = context.library!, tasks = isForThreads ? tasksOf(context, work) : 1;
  callsOf({ pool: tasks > 1 ? context.pool : undefined }, code, "multiply", parts(PLANES, tasks).map(call));
}

/** A loop over rows of tiles that are transformed. */
export const inTiles = ({ size }: Part, { across, strip }: Tiling, channels: number): Loop => {
  return { count: size, work: NUMBER * PLANES * size * across * channels, scratch: { argument: 7, bytes: strip } };
};

/** A loop over so many numbers in each plane, whose calls need a little room. */
export const edged = (count: number, numbers: number, argument: number): Loop => {
  return { count, work: NUMBER * PLANES * numbers, scratch: { argument, bytes: EDGE } };
};
