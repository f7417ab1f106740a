/**
 * Convolutions as a library's products with patches, which are laid out as a matrix for it. A thread lays out some and multiplies them, so that
 * they stay in its cache; where there are few of many numbers, the threads share each of the two.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WorkContext } from "../context.ts";
import { addGroups, mostGroups } from "../groups.ts";
import { GEOMETRY, imageBytes, sizesOf, writeGeometry } from "../geometry.ts";
import { libraryCall, libraryProducts, type Sizes as Matrices } from "../product.ts";
import { inSequence, type MixedCall, mixedCalls, own } from "../threads/mixed_calls.ts";
import { along, NUMBER, type Part, parts, tasksOf } from "../threads/split.ts";
import type { Convolving } from "../winograd.ts";
import { MANY, type Places } from "./tiles.ts";

/** Bytes of patches that are worked on at a time, about, and how many patches that are at least. */
const SOME = 2 ** 19, FEWEST = 64;
/** Numbers in an image's patches, all of which the gradient of an input takes at a time. */
const LARGEST_IMAGE = 2 ** 22;

/** Whether a library computes such a convolution: with few channels kernels take as long, as they lay out nothing. */
export function libraryTakesPatches(
  name: Convolving,
  { library }: WorkContext,
  info: tf.backend_util.Conv2DInfo,
): boolean {
  const { filterHeight, filterWidth, inChannels, outChannels, batchSize, outHeight, outWidth } = info;
  const patch = filterHeight * filterWidth * inChannels, count = batchSize * outHeight * outWidth;
  const isRoom = name !== "inputGradient" || outHeight * outWidth * patch <= LARGEST_IMAGE;
  return library !== undefined && isRoom && outChannels >= 16 && patch >= 64 && count * patch * outChannels >= 2 ** 16;
}

/** Computes the convolution, or one of its gradients. */
export function patchesByLibrary(
  name: Convolving,
  context: WorkContext,
  info: tf.backend_util.Conv2DInfo,
  places: Places,
): void {
  const { filterHeight, filterWidth, inChannels, outChannels, batchSize, outHeight, outWidth } = info;
  const area = outHeight * outWidth, patch = filterHeight * filterWidth * inChannels;
  const setting = {
    places,
    count: batchSize * area,
    area,
    patch,
    outChannels,
    work: 2 * batchSize * area * patch * outChannels,
  };
  if (name === "convolution") convolved(context, info, setting);
  else if (name === "filterGradient") filterSums(context, info, setting);
  else inputSums(context, info, setting);
}

interface Setting {
  readonly places: Places;
  /** Positions: of the batch, and of an image. */
  readonly count: number;
  readonly area: number;
  /** The numbers in a patch. */
  readonly patch: number;
  readonly outChannels: number;
  /** Multiplications and additions. */
  readonly work: number;
}

function convolved(context: WorkContext, info: tf.backend_util.Conv2DInfo, setting: Setting): void {
  const { places: { x, y, filter }, count, patch, outChannels, work } = setting, step = stepOf(patch);
  const chunks = parts(count, Math.ceil(count / step), step), bytes = 4 * step * patch;
  const [geometry, room] = context.workspace.split([GEOMETRY, bytes]);
  writeGeometry(sizesOf(info), context.backend, geometry);
  const sizes = (rows: number): Matrices => {
    return { rows, columns: outChannels, inner: patch, transposeA: false, transposeB: false };
  };
  if (chunks.length >= MANY) {
    const all = chunks.flatMap(({ from, size }): MixedCall[] => [
      ["layPatches", geometry, x, from, size, own(0)],
      ["multiply", ...libraryCall(sizes(size), [own(0), filter, y + 4 * from * outChannels])],
    ]);
    const isLarge = tasksOf(context, work) > 1;
    return mixedCalls(context, all, { size: 2, isLarge, memory: { address: room, bytes } });
  }
  for (const chunk of chunks) {
    lay(context, geometry, x, chunk, patch, room);
    libraryProducts(context, sizes(chunk.size), [[room, filter, y + 4 * chunk.from * outChannels]]);
  }
}

function filterSums(context: WorkContext, info: tf.backend_util.Conv2DInfo, setting: Setting): void {
  const { places: { x, y, filter }, count, patch, outChannels, work } = setting, step = stepOf(patch);
  const chunks = parts(count, Math.ceil(count / step), step), bytes = 4 * step * patch, numbers = patch * outChannels;
  const most = mostGroups(numbers);
  const groups = chunks.length >= MANY && most > 1 ? parts(count, most, step) : [];
  const [geometry, sums, room] = context.workspace.split([GEOMETRY, 4 * numbers * groups.length, bytes]);
  writeGeometry(sizesOf(info), context.backend, geometry);
  const sizes = (inner: number, add: boolean): Matrices => {
    return { rows: patch, columns: outChannels, inner, transposeA: true, transposeB: false, add };
  };
  if (groups.length === 0) {
    for (const chunk of chunks) {
      lay(context, geometry, x, chunk, patch, room);
      libraryProducts(context, sizes(chunk.size, chunk.from > 0), [[room, y + 4 * chunk.from * outChannels, filter]]);
    }
    return;
  }
  const all = groups.map(({ from, size }, group) =>
    parts(size, Math.ceil(size / step), step).map((part): MixedCall[] => [
      ["layPatches", geometry, x, from + part.from, part.size, own(0)],
      [
        "multiply",
        ...libraryCall(sizes(part.size, part.from > 0), [
          own(0),
          y + 4 * (from + part.from) * outChannels,
          sums + 4 * numbers * group,
        ]),
      ],
    ])
  );
  const isLarge = tasksOf(context, work) > 1;
  inSequence(context, all, { isLarge, memory: { address: room, bytes } });
  addGroups(context, sums, groups.length, numbers, filter);
}

function inputSums(context: WorkContext, info: tf.backend_util.Conv2DInfo, setting: Setting): void {
  const { places: { x, y, filter }, area, patch, outChannels, work } = setting, { batchSize } = info;
  const step = Math.max(1, Math.min(batchSize, Math.floor(stepOf(patch) / area))), { input } = imageBytes(info);
  const chunks = parts(batchSize, Math.ceil(batchSize / step), step), bytes = 4 * step * area * patch;
  const [geometry, room] = context.workspace.split([GEOMETRY, bytes]);
  writeGeometry(sizesOf(info), context.backend, geometry);
  const sizes = (rows: number): Matrices => {
    return { rows, columns: patch, inner: outChannels, transposeA: false, transposeB: true };
  };
  const slopes = (image: number) => y + 4 * image * area * outChannels;
  if (chunks.length >= MANY) {
    const all = chunks.flatMap(({ from, size }): MixedCall[] => [
      ["multiply", ...libraryCall(sizes(size * area), [slopes(from), filter, own(0)])],
      ["addPatches", geometry, own(0), x + from * input, size],
    ]);
    const isLarge = tasksOf(context, work) > 1;
    return mixedCalls(context, all, { size: 2, isLarge, memory: { address: room, bytes } });
  }
  for (const { from, size } of chunks) {
    libraryProducts(context, sizes(size * area), [[slopes(from), filter, room]]);
    const loop = { count: size, work: NUMBER * size * area * patch };
    along(context, "addPatches", loop, (part) => {
      return [geometry, room + 4 * part.from * area * patch, x + (from + part.from) * input, part.size];
    });
  }
}

/** How many patches are worked on at a time. */
const stepOf = (patch: number): number => Math.max(FEWEST, Math.floor(SOME / (4 * patch)));

function lay(context: WorkContext, geometry: number, x: number, { from, size }: Part, patch: number, to: number): void {
  along(context, "layPatches", { count: size, work: NUMBER * size * patch }, (part) => {
    return [geometry, x, from + part.from, part.size, to + 4 * part.from * patch];
  });
}
