/**
 * What computes the matrix products on the heap: kernels of our own, or a BLAS.
 * @module
 */
import { type Library, PLAIN, ROW_MAJOR, TRANSPOSED } from "./blas/library.ts";
import type { WorkContext } from "./context.ts";
import type { WasmBackend } from "./heap.ts";

/** A product a b, where a and b are what is multiplied, after transposing. */
export interface Sizes {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  /** Whether a lies in memory as `[inner, rows]`. */
  readonly transposeA: boolean;
  /** Whether b lies in memory as `[columns, inner]`. */
  readonly transposeB: boolean;
  /** Numbers from a row of a as it lies in memory to the next, where that is more than such a row has. */
  readonly widthA?: number;
  /** Likewise of b. */
  readonly widthB?: number;
  /** Likewise of the result. */
  readonly width?: number;
  /** Whether the product is added to what is there. */
  readonly add?: boolean;
}

/** Writes the product of the matrices at two addresses to a third. */
export type Product = (a: number, b: number, out: number) => void;

/**
 * The multiplications from which a library pays: 16 × 16 × 16. A call of it through Deno's FFI costs some 0.2 µs more than one of
 * a kernel, and with fewer the two take as long, or the kernel less.
 */
const FEWEST = 4096;

/** Products of these sizes, until the heap or the workspace grows. Which computes them depends on the sizes alone. */
export function product(context: WorkContext, sizes: Sizes): Product {
  const { backend, library } = context, isLarge = sizes.rows * sizes.columns * sizes.inner >= FEWEST;
  return library && isLarge ? byLibrary(library, backend, sizes) : byKernel(context, sizes);
}

function byLibrary({ sgemm }: Library, { wasm }: WasmBackend, sizes: Sizes): Product {
  const { rows, columns, inner, transposeA, transposeB, add } = sizes, heap = wasm.asm.memory.buffer;
  const { widthA, widthB, width } = widths(sizes);
  const howA = transposeA ? TRANSPOSED : PLAIN, howB = transposeB ? TRANSPOSED : PLAIN, beta = add ? 1 : 0;
  const at = (address: number) => new Uint8Array(heap, address);
  return (a, b, out) =>
    sgemm(ROW_MAJOR, howA, howB, rows, columns, inner, 1, at(a), widthA, at(b), widthB, beta, at(out), width);
}

function byKernel({ kernels, workspace }: WorkContext, sizes: Sizes): Product {
  const { rows, columns, inner, transposeA, transposeB, add } = sizes, { widthA, widthB, width } = widths(sizes);
  const { product, productBytes } = kernels, scratch = workspace.take(productBytes());
  const [rowA, columnA] = transposeA ? [4, 4 * widthA] : [4 * widthA, 4]; // bytes to the next one
  const [rowB, columnB] = transposeB ? [4, 4 * widthB] : [4 * widthB, 4];
  const addition = add ? 1 : 0;
  return (a, b, out) =>
    product(rows, columns, inner, a, rowA, columnA, b, rowB, columnB, out, 4 * width, scratch, addition);
}

function widths({ rows, columns, inner, transposeA, transposeB, widthA, widthB, width }: Sizes) {
  return {
    widthA: widthA ?? (transposeA ? rows : inner),
    widthB: widthB ?? (transposeB ? inner : columns),
    width: width ?? columns,
  };
}
