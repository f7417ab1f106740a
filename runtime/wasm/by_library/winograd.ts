/**
 * Winograd's convolutions with their products by a library, which computes them in half the time: kernels transform some tiles, the library
 * multiplies 36 pairs of matrices, and kernels transform the products back.
 *
 * A thread does all three with some tiles, so that they stay in its cache: what one core has written another one reads slowly. Where
 * there are few tiles, with many channels, the threads share each of the three.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WorkContext } from "../context.ts";
import { GEOMETRY, type Sizes, sizesOf, writeGeometry } from "../geometry.ts";
import { type MixedCall, mixedCalls, own } from "../threads/mixed_calls.ts";
import { along, type Part, tasksOf } from "../threads/split.ts";
import type { Convolving } from "../winograd.ts";
import { ALL, edged, inPlanes, inTiles, MANY, type Places, PLANES, product, tilingOf } from "./tiles.ts";
import { filterSums } from "./winograd_filter.ts";

/** Whether a library computes the products of such a convolution: with fewer channels kernels are as fast. */
export function libraryPays(
  { library }: WorkContext,
  { inChannels, outChannels }: tf.backend_util.Conv2DInfo,
): boolean {
  return library !== undefined && inChannels * outChannels >= 128;
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
  const tiling = tilingOf(sizes, batch), { channels, outChannels, across, chunks, memory } = tiling;
  const { lineX, lineY, planeX, planeY, planeF } = tiling, { images, outputs, scratch } = memory;
  const [geometry, turned, filters, room] = context.workspace.split([
    ...[GEOMETRY, turn ? 36 * channels * outChannels : 0, PLANES * planeF, memory.bytes],
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
        ...[a, planeX, lineX, filters, planeF, lineY, out, planeY],
      ]),
    outputs: ({ from, size }: Part, at: number, work: number) => [geometry, at, 4 * lineY, planeY, from, size, y, work],
  };
  if (chunks.length >= MANY) {
    const all = chunks.flatMap((rows): MixedCall[] => [
      ["winogradTiles", ...call.tiles(rows, own(images), own(scratch))],
      ["multiply", ...call.product(ALL, rows.size * across, own(images), own(outputs))],
      ["winogradOutputs", ...call.outputs(rows, own(outputs), own(scratch))],
    ]);
    const isLarge = tasksOf(context, tiling.work) > 1;
    return mixedCalls(context, all, { size: 3, isLarge, memory: { address: room, bytes: memory.bytes } });
  }
  for (const rows of chunks) {
    const within = ({ from, size }: Part): Part => ({ from: rows.from + from, size });
    along(context, "winogradTiles", inTiles(rows, tiling, channels), (part) => {
      return call.tiles(within(part), room + images + part.from * across * 4 * lineX, room + scratch);
    });
    const tiles = rows.size * across;
    inPlanes(context, 2 * PLANES * tiles * channels * outChannels, (planes) => {
      return call.product(planes, tiles, room + images, room + outputs);
    });
    along(context, "winogradOutputs", edged(rows.size, tiles * outChannels, 7), (part) => {
      return call.outputs(within(part), room + outputs + part.from * across * 4 * lineY, room + scratch);
    });
  }
}
