/**
 * The gradient of a filter by Winograd's transforms, with its products by a library.
 * @module
 */
import type { WorkContext } from "../context.ts";
import { GEOMETRY, type Sizes, writeGeometry } from "../geometry.ts";
import { addGroups, mostGroups } from "../groups.ts";
import { inSequence, type MixedCall, own } from "../threads/mixed_calls.ts";
import { along, type Part, parts, tasksOf } from "../threads/split.ts";
import { ALL, edged, inPlanes, inTiles, MANY, type Places, PLANES, product, tilingOf } from "./tiles.ts";

/** Computes it. */
export function filterSums(context: WorkContext, sizes: Sizes, batch: number, { x, y, filter }: Places): void {
  const tiling = tilingOf(sizes, batch), { channels, outChannels, across, rows, step, chunks, memory } = tiling;
  const { lineX, lineY, planeX, planeY, planeF } = tiling, { images, outputs, scratch } = memory;
  const [height, width] = sizes.out;
  const numbers = PLANES * planeF / 4, most = mostGroups(numbers);
  const groups = chunks.length >= MANY && most > 1 ? parts(rows, most, step) : [];
  const [geometry, slopes, sums, room] = context.workspace.split([
    ...[GEOMETRY, GEOMETRY, Math.max(1, groups.length) * PLANES * planeF, memory.bytes],
  ]);
  writeGeometry(sizes, context.backend, geometry);
  writeGeometry({ ...sizes, image: [height, width, outChannels], margins: [0, 0] }, context.backend, slopes);
  const call = {
    images: ({ from, size }: Part, to: number, work: number) => [geometry, x, from, size, 0, to, planeX, work],
    slopes: ({ from, size }: Part, to: number, work: number) => [slopes, y, from, size, 1, to, planeY, work],
    product: (planes: Part, tiles: number, [a, b, out]: readonly number[], add: boolean) =>
      product({ planes, rows: channels, columns: outChannels, inner: tiles, add, transposeA: true }, [
        ...[a, planeX, lineX, b, planeY, lineY, out, planeF],
      ]),
  };
  if (groups.length > 0) {
    const all = groups.map(({ from, size }, group) =>
      parts(size, Math.ceil(size / step), step).map((part): MixedCall[] => {
        const some = { from: from + part.from, size: part.size };
        const places = [own(images), own(outputs), sums + group * PLANES * planeF];
        return [
          ["winogradTiles", ...call.images(some, own(images), own(scratch))],
          ["winogradTiles", ...call.slopes(some, own(outputs), own(scratch))],
          ["multiply", ...call.product(ALL, part.size * across, places, part.from > 0)],
        ];
      })
    );
    const isLarge = tasksOf(context, tiling.work) > 1;
    inSequence(context, all, { isLarge, memory: { address: room, bytes: memory.bytes } });
    addGroups(context, sums, groups.length, numbers, sums);
  } else {
    for (const rows of chunks) {
      const within = ({ from, size }: Part): Part => ({ from: rows.from + from, size }), tiles = rows.size * across;
      along(context, "winogradTiles", inTiles(rows, tiling, channels), (part) => {
        return call.images(within(part), room + images + part.from * across * 4 * lineX, room + scratch);
      });
      along(context, "winogradTiles", inTiles(rows, tiling, outChannels), (part) => {
        return call.slopes(within(part), room + outputs + part.from * across * 4 * lineY, room + scratch);
      });
      inPlanes(context, 2 * PLANES * tiles * channels * outChannels, (planes) => {
        return call.product(planes, tiles, [room + images, room + outputs, sums], rows.from > 0);
      });
    }
  }
  along(context, "winogradFilterSums", edged(channels, channels * outChannels, 8), ({ from, size }) => {
    return [sums, channels, outChannels, lineY, from, size, planeF, filter, room];
  });
}
