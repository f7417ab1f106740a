// The gradient of a convolution's filter: the product of the patches, turned, with the output's gradient.
import { Geometry } from "./geometry";
import { pack } from "./pack";
import { chunkImages, linesOf, lineStep, pad, patches } from "./padded";
import { BLOCK_COLUMNS, BLOCK_ROWS, multiplyPanels, multiplyScattered, TILE_COLUMNS, TILE_ROWS } from "./product";

// Positions that a step of the filter's gradient sums over. Not a power of two, or a panel's lines would all compete for the
// same places in the cache.
export const SUMMED: i32 = 248;

/** filter ← patches(x)ᵀ dy, the gradient of the filter [filterHeight, filterWidth, channels, outChannels]. */
export function filterGradient(geometry: Geometry, x: usize, dy: usize, filter: usize, batch: i32, scratch: usize): void {
  const filterHeight = geometry.filterHeight, line = geometry.line, outArea = geometry.outArea, outChannels = geometry.outChannels;
  const outRow = <usize> outChannels << 2, some = linesOf(geometry, BLOCK_ROWS), step = lineStep(geometry);
  const edge = (scratch + 15) & ~15, places = edge + (<usize> (TILE_ROWS * TILE_COLUMNS) << 2), row = places + (<usize> SUMMED << 2);
  const panels = (row + (<usize> (some * line) << 2) + 31) & ~15, block = panels + (<usize> (SUMMED * BLOCK_COLUMNS) << 2);
  const copies = block + (<usize> ((max(BLOCK_ROWS, line) + TILE_ROWS) * SUMMED) << 2), chunk = chunkImages(geometry);
  for (let image = 0; image < batch; image += chunk) {
    const end = min(batch, image + chunk), positions = (end - image) * outArea, first = image * outArea;
    pad(geometry, x, image, end, copies);
    for (let j0 = 0; j0 < outChannels; j0 += BLOCK_COLUMNS) {
      const width = min(BLOCK_COLUMNS, outChannels - j0);
      for (let l0 = 0; l0 < filterHeight; l0 += some) {
        const lines = min(some, filterHeight - l0), entries = lines * line, skip = <usize> l0 * step;
        for (let k0 = 0; k0 < positions; k0 += SUMMED) {
          const depth = min(SUMMED, positions - k0), panel = <usize> depth << 4;
          for (let j = 0; j < width; j += TILE_COLUMNS) {
            const from = dy + <usize> (first + k0) * outRow + (<usize> (j0 + j) << 2);
            pack(panels + (<usize> (j * depth) << 2), from, 4, outRow, min(TILE_COLUMNS, width - j), depth, TILE_COLUMNS);
          }
          patches(geometry, copies, k0, depth, places);
          const at = filter + <usize> (l0 * line) * outRow + (<usize> j0 << 2), add = image > 0 || k0 > 0;
          if (outChannels <= TILE_COLUMNS) { // patches are read where they are: to lay them out would take as long as the product
            for (let l = 0; l < lines; l++) {
              for (let i = 0; i < line; i += TILE_ROWS) { // what follows the last number of a line gets into rows that nobody reads
                const from = skip + <usize> l * step + (<usize> i << 2), to = at + <usize> (l * line + i) * outRow;
                multiplyScattered(places, from, min(TILE_ROWS, line - i), panels, width, depth, to, outRow, edge, add);
              }
            }
            continue;
          }
          for (let k = 0; k < depth; k++) {
            const patch = load<usize>(places + (<usize> k << 2)) + skip;
            spreadPatch(patch, lines, line, step, row, block + (<usize> k << 4), panel);
          }
          multiplyPanels(block, entries, panels, width, depth, at, outRow, edge, add);
        }
      }
    }
  }
}

// Some lines of a patch in fours, each four in a panel of its own.
@inline
function spreadPatch(patch: usize, lines: i32, line: i32, step: usize, row: usize, to: usize, panel: usize): void {
  if ((line & 3) == 0) {
    for (let l = 0; l < lines; l++) {
      spread(patch, line, to, panel);
      to += <usize> (line >> 2) * panel;
      patch += step;
    }
    return;
  }
  for (let l = 0; l < lines; l++) { // a four may belong to two lines; what is copied too much is overwritten by the next line
    const place = row + (<usize> (l * line) << 2);
    for (let i = 0; i < line; i += 4) v128.store(place + (<usize> i << 2), v128.load(patch + (<usize> i << 2)));
    patch += step;
  }
  spread(row, lines * line, to, panel);
}

// Numbers in fours. What follows the last number gets into rows that nobody reads.
@inline
function spread(from: usize, count: i32, to: usize, panel: usize): void {
  for (let i = 0; i < count; i += 4) {
    v128.store(to, v128.load(from));
    from += 16;
    to += panel;
  }
}
