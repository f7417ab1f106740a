/**
 * Winograd's convolutions with their products by a library, which computes them in half the time: kernels transform some tiles, the library
 * multiplies 36 pairs of matrices, and kernels transform the products back.
 *
 * A thread does all three with some tiles, so that they stay in its cache: what one core has written another one reads slowly. Where
 * there are few tiles, with many channels, the threads share each of the three.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { PLAIN, TRANSPOSED } from "../blas/library.ts";
import type { WorkContext } from "../context.ts";
import { GEOMETRY, type Sizes, sizesOf, writeGeometry } from "../geometry.ts";
import { inSequence, type MixedCall, mixedCalls, own } from "../threads/mixed_calls.ts";
import { along, callsOf, type Loop, NUMBER, type Part, parts, tasksOf } from "../threads/split.ts";
import { type Convolving, winogradTiles } from "../winograd.ts";

/** Bytes of tiles that are worked on at a time, about; how many tiles that are at least; from how many such parts on a thread takes a part. */
const SOME = 2 ** 20, FEWEST = 64, MANY = 8;
/** Bytes between planes, or their lines would all compete for the same places in the cache; and of what kernels need beside them. */
const GAP = 64, EDGE = 40 * 16;
/** Positions of a tile: so many planes and products. */
const PLANES = 36;
/** Groups of tiles that a filter's gradient is summed up in, at most, and numbers of all their sums. */
const MOST_GROUPS = 8, MOST_SUMS = 2 ** 24;

/** Whether a library computes the products of such a convolution: with fewer channels kernels are as fast. */
export function libraryPays(
  { library }: WorkContext,
  { inChannels, outChannels }: tf.backend_util.Conv2DInfo,
): boolean {
  return library !== undefined && inChannels * outChannels >= 128;
}

/** Where a convolution's tensors lie. */
export interface Places {
  /** The images, or their gradient. */
  readonly x: number;
  /** The output, or its gradient. */
  readonly y: number;
  /** The filter, or its gradient. */
  readonly filter: number;
}

/** Computes the convolution, or one of its gradients. */
export function winogradByLibrary(
  name: Convolving,
  context: WorkContext,
  info: tf.backend_util.Conv2DInfo,
  { x, y, filter }: Places,
): void {
  const { batchSize: batch, inChannels, outChannels } = info, sizes = sizesOf(info);
  if (name === "filterGradient") return filterSums(context, sizes, batch, { x, y, filter });
  if (name === "convolution") return convolved(context, sizes, batch, { x, y, filter });
  const { image, window, margins, out } = sizes;
  const turned: Sizes = {
    ...{ image: out, out: image, window, strides: [1, 1] },
    margins: [window[0] - 1 - margins[0], window[1] - 1 - margins[1]],
  };
  convolved(context, turned, batch, { x: y, y: x, filter }, (at) => {
    context.kernels.turnFilter(filter, 9, inChannels, outChannels, at);
  });
}

/** @param turn Writes another filter of the same size, in the place of the one that is given. */
function convolved(
  context: WorkContext,
  sizes: Sizes,
  batch: number,
  { x, y, filter }: Places,
  turn?: (to: number) => void,
): void {
  const [, , channels] = sizes.image, [, , outChannels] = sizes.out, tiling = tilingOf(sizes, batch);
  const { across, chunks, planeX, planeY } = tiling, lineY = line(outChannels), planeF = plane(channels, lineY);
  const strip = stripBytes(tiling, channels), memory = PLANES * (planeX + planeY) + strip;
  const [geometry, turned, filters, room] = context.workspace.split([
    ...[GEOMETRY, turn ? 36 * channels * outChannels : 0, PLANES * planeF, memory],
  ]);
  writeGeometry(sizes, context.backend, geometry);
  turn?.(turned);
  along(context, "winogradFilters", edged(channels, channels * outChannels, 7), ({ from, size }) => {
    return [turn ? turned : filter, channels, outChannels, from, size, filters, planeF, room];
  });
  const call = {
    tiles: ({ from, size }: Part, to: number, work: number) => [geometry, x, from, size, 0, to, planeX, work],
    product: (planes: Part, tiles: number, a: number, out: number) =>
      product({ planes, rows: tiles, columns: outChannels, inner: channels, add: false, transposeA: false }, [
        ...[a, planeX, line(channels), filters, planeF, lineY, out, planeY],
      ]),
    outputs: ({ from, size }: Part, at: number, work: number) => [geometry, at, 4 * lineY, planeY, from, size, y, work],
  };
  const [images, products, scratch] = [0, PLANES * planeX, PLANES * (planeX + planeY)];
  if (chunks.length >= MANY) {
    const all = chunks.flatMap((rows): MixedCall[] => [
      ["winogradTiles", ...call.tiles(rows, own(images), own(scratch))],
      ["multiply", ...call.product(ALL, rows.size * across, own(images), own(products))],
      ["winogradOutputs", ...call.outputs(rows, own(products), own(scratch))],
    ]);
    const isLarge = tasksOf(context, workOf(tiling, channels * outChannels)) > 1;
    return mixedCalls(context, all, { size: 3, isLarge, memory: { address: room, bytes: memory } });
  }
  for (const rows of chunks) {
    const within = ({ from, size }: Part): Part => ({ from: rows.from + from, size });
    along(context, "winogradTiles", inTiles(rows, tiling, channels, strip), (part) => {
      return call.tiles(within(part), room + part.from * across * 4 * line(channels), room + scratch);
    });
    const tiles = rows.size * across;
    inPlanes(context, 2 * PLANES * tiles * channels * outChannels, (planes) => {
      return call.product(planes, tiles, room + images, room + products);
    });
    along(context, "winogradOutputs", edged(rows.size, tiles * outChannels, 7), (part) => {
      return call.outputs(within(part), room + products + part.from * across * 4 * lineY, room + scratch);
    });
  }
}

function filterSums(context: WorkContext, sizes: Sizes, batch: number, { x, y, filter }: Places): void {
  const [, , channels] = sizes.image, [height, width, outChannels] = sizes.out, tiling = tilingOf(sizes, batch);
  const { across, rows, step, chunks, planeX, planeY } = tiling,
    lineY = line(outChannels),
    planeF = plane(channels, lineY);
  const strip = stripBytes(tiling, Math.max(channels, outChannels)), memory = PLANES * (planeX + planeY) + strip;
  const most = Math.min(MOST_GROUPS, Math.floor(4 * MOST_SUMS / (PLANES * planeF)));
  const groups = chunks.length >= MANY && most > 1 ? parts(rows, most, step) : [];
  const [geometry, slopes, sums, room] = context.workspace.split([
    ...[GEOMETRY, GEOMETRY, Math.max(1, groups.length) * PLANES * planeF, memory],
  ]);
  writeGeometry(sizes, context.backend, geometry);
  writeGeometry({ ...sizes, image: [height, width, outChannels], margins: [0, 0] }, context.backend, slopes);
  const call = {
    images: ({ from, size }: Part, to: number, work: number) => [geometry, x, from, size, 0, to, planeX, work],
    slopes: ({ from, size }: Part, to: number, work: number) => [slopes, y, from, size, 1, to, planeY, work],
    product: (planes: Part, tiles: number, [a, b, out]: readonly number[], add: boolean) =>
      product({ planes, rows: channels, columns: outChannels, inner: tiles, add, transposeA: true }, [
        ...[a, planeX, line(channels), b, planeY, lineY, out, planeF],
      ]),
  };
  const [images, gradients, scratch] = [0, PLANES * planeX, PLANES * (planeX + planeY)];
  if (groups.length > 0) {
    const all = groups.map(({ from, size }, group) =>
      parts(size, Math.ceil(size / step), step).map((part): MixedCall[] => {
        const some = { from: from + part.from, size: part.size };
        const places = [own(images), own(gradients), sums + group * PLANES * planeF];
        return [
          ["winogradTiles", ...call.images(some, own(images), own(scratch))],
          ["winogradTiles", ...call.slopes(some, own(gradients), own(scratch))],
          ["multiply", ...call.product(ALL, part.size * across, places, part.from > 0)],
        ];
      })
    );
    const isLarge = tasksOf(context, workOf(tiling, channels * outChannels)) > 1;
    inSequence(context, all, { isLarge, memory: { address: room, bytes: memory } });
    const numbers = PLANES * planeF / 4, work = NUMBER * groups.length * numbers;
    along(context, "sumRows", { count: numbers, unit: 16, work }, ({ from, size }) => {
      return [sums + 4 * from, groups.length, size, sums + 4 * from, numbers];
    });
  } else {
    for (const rows of chunks) {
      const within = ({ from, size }: Part): Part => ({ from: rows.from + from, size }), tiles = rows.size * across;
      along(context, "winogradTiles", inTiles(rows, tiling, channels, strip), (part) => {
        return call.images(within(part), room + images + part.from * across * 4 * line(channels), room + scratch);
      });
      along(context, "winogradTiles", inTiles(rows, tiling, outChannels, strip), (part) => {
        return call.slopes(within(part), room + gradients + part.from * across * 4 * lineY, room + scratch);
      });
      inPlanes(context, 2 * PLANES * tiles * channels * outChannels, (planes) => {
        return call.product(planes, tiles, [room + images, room + gradients, sums], rows.from > 0);
      });
    }
  }
  along(context, "winogradFilterSums", edged(channels, channels * outChannels, 8), ({ from, size }) => {
    return [sums, channels, outChannels, lineY, from, size, planeF, filter, room];
  });
}

/** How a batch falls into tiles: rows of tiles of all images, some at a time. */
interface Tiling {
  readonly across: number;
  /** Of all images together. */
  readonly rows: number;
  /** How many of them are worked on at a time. */
  readonly step: number;
  readonly chunks: readonly Part[];
  /** Bytes from a plane of such tiles to the next, of images and of outputs. */
  readonly planeX: number;
  readonly planeY: number;
}

function tilingOf({ image: [, , channels], out: [height, width, outChannels] }: Sizes, batch: number): Tiling {
  const across = winogradTiles(width), rows = batch * winogradTiles(height);
  const tiles = Math.max(FEWEST, SOME / (4 * PLANES * (channels + outChannels)));
  const step = Math.min(rows, Math.max(1, Math.floor(tiles / across)));
  const [planeX, planeY] = [channels, outChannels].map((n) => plane(step * across, line(n)));
  return { across, rows, step, chunks: parts(rows, Math.ceil(rows / step), step), planeX, planeY };
}

interface Product {
  readonly planes: Part;
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  readonly add: boolean;
  readonly transposeA: boolean;
}

/** The library's arguments. Of each matrix: where the first plane's lies, the bytes to the next, and the numbers of a line. */
function product(
  { planes: { from, size }, rows, columns, inner, add, transposeA }: Product,
  [a, planeA, widthA, b, planeB, widthB, out, planeOut]: readonly number[],
): number[] {
  const at = (place: number, plane: number) => from === 0 ? place : place + from * plane; // one of a thread's own stays one
  return [
    ...[size, planeA, planeB, planeOut, transposeA ? TRANSPOSED : PLAIN, PLAIN, rows, columns, inner],
    ...[at(a, planeA), widthA, at(b, planeB), widthB, add ? 1 : 0, at(out, planeOut), widthB],
  ];
}

const ALL: Part = { from: 0, size: PLANES };

/** The library's products of all planes, which threads share. */
function inPlanes(context: WorkContext, work: number, call: (planes: Part) => number[]): void {
  const { code, library: { isForThreads } } = context.library!, tasks = isForThreads ? tasksOf(context, work) : 1;
  callsOf({ pool: tasks > 1 ? context.pool : undefined }, code, "multiply", parts(PLANES, tasks).map(call));
}

/** A loop over rows of tiles that are transformed. */
const inTiles = ({ size }: Part, { across }: Tiling, channels: number, bytes: number): Loop => {
  return { count: size, work: NUMBER * PLANES * size * across * channels, scratch: { argument: 7, bytes } };
};

/** A loop over so many numbers in each plane, whose calls need a little room. */
const edged = (count: number, numbers: number, argument: number): Loop => {
  return { count, work: NUMBER * PLANES * numbers, scratch: { argument, bytes: EDGE } };
};

/** The multiplications and additions of all products, given those of a tile in a plane. */
const workOf = ({ rows, across }: Tiling, each: number): number => 2 * PLANES * rows * across * each;

/** Numbers in the line of a tile: its channels, and what fills the last vector. */
const line = (channels: number): number => 4 * Math.ceil(channels / 4);

/** Bytes from a plane to the next. */
const plane = (lines: number, numbers: number): number => 4 * lines * numbers + GAP;

/** Bytes of seven lines of an image in tiles. */
const stripBytes = ({ across }: Tiling, channels: number): number => {
  return Math.max(EDGE, 4 * 7 * (4 * across + 2) * line(channels));
};
