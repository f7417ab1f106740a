/**
 * Some builds of OpenBLAS compute wrong numbers on processors that are newer than they.
 * @module
 */
import { type Library, PLAIN, ROW_MAJOR, TRANSPOSED } from "./library.ts";

/** Rows, columns and inner sizes: smaller than any tile; odd; longer than a block. */
const SIZES = [[3, 5, 7], [37, 19, 601], [65, 130, 33]] as const;

/**
 * Whether a library's products are right, with all transposes. The numbers are whole and so small that every sum is exact in
 * float32 in whatever order: no tolerance hides anything. a's have 12 bits, more than the formats of half precision hold.
 */
export function isRight({ sgemm }: Pick<Library, "sgemm">): boolean {
  return SIZES.every(([rows, columns, inner]) => {
    const a = whole(rows, inner, 4095), b = whole(inner, columns, 4), expected = product(a, b);
    return [false, true].every((transposeA) =>
      [false, true].every((transposeB) => {
        const out = new Float32Array(rows * columns).fill(NaN); // as memory may be that was used before
        const x = transposeA ? transpose(a) : a, y = transposeB ? transpose(b) : b;
        const how = [transposeA ? TRANSPOSED : PLAIN, transposeB ? TRANSPOSED : PLAIN] as const;
        sgemm(ROW_MAJOR, ...how, rows, columns, inner, 1, x.data, x.columns, y.data, y.columns, 0, out, columns);
        return out.every((value, i) => value === expected[i]);
      })
    );
  });
}

interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array<ArrayBuffer>;
}

/** Whole numbers from −largest to largest that look like chance. */
function whole(rows: number, columns: number, largest: number): Matrix {
  const value = (_: unknown, i: number) => (Math.imul(i + 1, 2654435761) >>> 8) % (2 * largest + 1) - largest;
  return { rows, columns, data: Float32Array.from({ length: rows * columns }, value) };
}

function transpose({ rows, columns, data }: Matrix): Matrix {
  const value = (_: unknown, i: number) => data[(i % rows) * columns + Math.floor(i / rows)];
  return { rows: columns, columns: rows, data: Float32Array.from({ length: rows * columns }, value) };
}

function product(a: Matrix, b: Matrix): Float32Array {
  const out = new Float32Array(a.rows * b.columns);
  for (let i = 0; i < a.rows; i++) {
    for (let k = 0; k < a.columns; k++) {
      const x = a.data[i * a.columns + k];
      for (let j = 0; j < b.columns; j++) out[i * b.columns + j] += x * b.data[k * b.columns + j];
    }
  }
  return out;
}
