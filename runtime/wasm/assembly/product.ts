// Products of matrices that lie anywhere in the heap, with rows and columns any number of bytes apart: a transpose is
// other distances, not a pass over memory. Panels of both are packed so that the inner loop reads memory in order
// (Goto & van de Geijn 2008).
import { multiplyAdd } from "./fused";
import { get, put as putPartly } from "./lanes";
import { pack } from "./pack";

// A tile of the result stays in 8 of the 16 vector registers.
export const TILE_ROWS: i32 = 4, TILE_COLUMNS: i32 = 8;
// A panel of b, 8 columns by 256, stays in the first cache; a block of a, 120 by 256, in the second.
export const DEPTH: i32 = 256, BLOCK_ROWS: i32 = 120, BLOCK_COLUMNS: i32 = 1008;

/** How much memory {@link product} needs to work in. */
export function productBytes(): i32 {
  return 4 * (DEPTH * (BLOCK_ROWS + BLOCK_COLUMNS) + TILE_ROWS * TILE_COLUMNS) + 16;
}

@inline
function put(at: usize, value: v128, add: bool): void {
  v128.store(at, add ? f32x4.add(v128.load(at), value) : value);
}

// A tile of the result from two panels. One load of four numbers of a and a lane of it for each row is faster than four
// loads that each fill a vector with one number. The lines of a's panel follow one another; or they are scattered: a lists where
// they are, less `skip` bytes.
@inline
function tile(a: usize, b: usize, depth: i32, out: usize, outRow: usize, add: bool, isScattered: bool = false, skip: usize = 0): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  for (let k = depth; k > 0; k--) {
    const rows = v128.load(isScattered ? load<usize>(a) + skip : a), b0 = v128.load(b), b1 = v128.load(b, 16);
    const a0 = v128.shuffle<f32>(rows, rows, 0, 0, 0, 0), a1 = v128.shuffle<f32>(rows, rows, 1, 1, 1, 1);
    const a2 = v128.shuffle<f32>(rows, rows, 2, 2, 2, 2), a3 = v128.shuffle<f32>(rows, rows, 3, 3, 3, 3);
    c00 = multiplyAdd(a0, b0, c00);
    c01 = multiplyAdd(a0, b1, c01);
    c10 = multiplyAdd(a1, b0, c10);
    c11 = multiplyAdd(a1, b1, c11);
    c20 = multiplyAdd(a2, b0, c20);
    c21 = multiplyAdd(a2, b1, c21);
    c30 = multiplyAdd(a3, b0, c30);
    c31 = multiplyAdd(a3, b1, c31);
    a += isScattered ? 4 : 4 * TILE_ROWS;
    b += 4 * TILE_COLUMNS;
  }
  put(out, c00, add);
  put(out + 16, c01, add);
  put(out + outRow, c10, add);
  put(out + outRow + 16, c11, add);
  put(out + 2 * outRow, c20, add);
  put(out + 2 * outRow + 16, c21, add);
  put(out + 3 * outRow, c30, add);
  put(out + 3 * outRow + 16, c31, add);
}

/**
 * out ← a b, or out ← out + a b.
 *
 * @param aRow … outRow Bytes from a row, or a column, to the next; out's columns are neighbours.
 * @param scratch So much memory as productBytes says.
 */
export function product(
  rows: i32,
  columns: i32,
  inner: i32,
  a: usize,
  aRow: usize,
  aColumn: usize,
  b: usize,
  bRow: usize,
  bColumn: usize,
  out: usize,
  outRow: usize,
  scratch: usize,
  accumulate: bool,
): void {
  const panels = (scratch + 15) & ~15, block = panels + (<usize> (DEPTH * BLOCK_COLUMNS) << 2);
  const edge = block + (<usize> (DEPTH * BLOCK_ROWS) << 2);
  for (let j0 = 0; j0 < columns; j0 += BLOCK_COLUMNS) {
    const width = min(BLOCK_COLUMNS, columns - j0);
    for (let k0 = 0; k0 < inner; k0 += DEPTH) {
      const depth = min(DEPTH, inner - k0), add = accumulate || k0 > 0;
      for (let j = 0; j < width; j += TILE_COLUMNS) {
        const from = b + <usize> k0 * bRow + <usize> (j0 + j) * bColumn;
        pack(panels + (<usize> (j * depth) << 2), from, bColumn, bRow, min(TILE_COLUMNS, width - j), depth, TILE_COLUMNS);
      }
      for (let i0 = 0; i0 < rows; i0 += BLOCK_ROWS) {
        const height = min(BLOCK_ROWS, rows - i0);
        for (let i = 0; i < height; i += TILE_ROWS) {
          const from = a + <usize> (i0 + i) * aRow + <usize> k0 * aColumn;
          pack(block + (<usize> (i * depth) << 2), from, aRow, aColumn, min(TILE_ROWS, height - i), depth, TILE_ROWS);
        }
        const at = out + <usize> i0 * outRow + (<usize> j0 << 2);
        multiplyPanels(block, height, panels, width, depth, at, outRow, edge, add);
      }
    }
  }
}

/**
 * out ← a b, or out ← out + a b, of panels: `height` rows of a in panels of TILE_ROWS, `width` columns of b in panels of
 * TILE_COLUMNS, each `depth` long.
 *
 * @param edge Room for a tile.
 */
export function multiplyPanels(
  block: usize,
  height: i32,
  panels: usize,
  width: i32,
  depth: i32,
  out: usize,
  outRow: usize,
  edge: usize,
  add: bool,
): void {
  for (let j = 0; j < width; j += TILE_COLUMNS) {
    const panel = panels + (<usize> (j * depth) << 2), right = min(TILE_COLUMNS, width - j);
    for (let i = 0; i < height; i += TILE_ROWS) {
      const at = out + <usize> i * outRow + (<usize> j << 2), below = min(TILE_ROWS, height - i);
      const rows = block + (<usize> (i * depth) << 2);
      if (below == TILE_ROWS && right == TILE_COLUMNS) tile(rows, panel, depth, at, outRow, add);
      else {
        tile(rows, panel, depth, edge, <usize> (TILE_COLUMNS << 2), false);
        putPart(at, outRow, edge, below, right, add);
      }
    }
  }
}

/**
 * out ← aᵀ b, or out ← out + aᵀ b: `height` (at most TILE_ROWS) columns of a, whose rows begin anywhere, with a panel of b.
 *
 * @param places Where the rows begin, `skip` bytes before these columns.
 * @param edge Room for a tile.
 */
export function multiplyScattered(
  places: usize,
  skip: usize,
  height: i32,
  panel: usize,
  width: i32,
  depth: i32,
  out: usize,
  outRow: usize,
  edge: usize,
  add: bool,
): void {
  if (height == TILE_ROWS && width == TILE_COLUMNS) tile(places, panel, depth, out, outRow, add, true, skip);
  else {
    tile(places, panel, depth, edge, <usize> (TILE_COLUMNS << 2), false, true, skip);
    putPart(out, outRow, edge, height, width, add);
  }
}

// The part of a tile that lies within the result.
function putPart(out: usize, outRow: usize, part: usize, rows: i32, columns: i32, add: bool): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j += 4) {
      const at = out + (<usize> j << 2), value = v128.load(part + (<usize> j << 2)), n = columns - j;
      putPartly(at, add ? f32x4.add(get(at, n, 0), value) : value, n);
    }
    out += outRow;
    part += TILE_COLUMNS << 2;
  }
}
