/**
 * The gradient of a filter by Winograd's transforms, with its products by a library.
 * @module
 */
import type { WorkContext } from "../context.ts";
import { GEOMETRY, type Sizes, writeGeometry } from "../geometry.ts";
import { addGroups, mostGroups } from "../groups.ts";
import { inSequence, type MixedCall, own } from "../threads/mixed_calls.ts";
import { along, type Part, parts, tasksOf } from "../threads/split.ts";
import {
  ALL,
  edged,
  inPlanes,
  inTiles,
  line,
  MANY,
  type Places,
  plane,
  PLANES,
  product,
  stripBytes,
  tilingOf,
  workOf,
} from "./tiles.ts";

/** Computes it. */
export function filterSums(context: WorkContext, sizes: Sizes, batch: number, { x, y, filter }: Places): void {
  const [, , channels] = sizes.image, [height, width, outChannels] = sizes.out, tiling = tilingOf(sizes, batch);
  const { across, rows, step, chunks, planeX, planeY } = tiling,
    lineY = line(outChannels),
    planeF = plane(channels, lineY);
  const strip = stripBytes(tiling, Math.max(channels, outChannels)), memory = PLANES * (planeX + planeY) + strip;
  const numbers = PLANES * planeF / 4, most = mostGroups(numbers);
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
    addGroups(context, sums, groups.length, numbers, sums);
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
