/**
 * A BLAS's products of matrices that lie on a heap.
 * @module
 */
import type { Code, Kernel } from "../threads/code.ts";
import type { Library } from "./library.ts";

/** A library on a heap. */
export interface BlasOnHeap {
  readonly library: Library;
  /** What is computed as kernels of a module are: `multiply`, as {@linkcode multiplier} describes it. */
  readonly code: Code<{ readonly multiply: Kernel }>;
}

/** The library on that memory. */
export function onHeap(library: Library, memory: WebAssembly.Memory): BlasOnHeap {
  const { sgemm, blas: { path } } = library;
  const code = { bytes: new TextEncoder().encode(path), exports: { multiply: multiplier(sgemm, memory) }, names: [] };
  return { library, code };
}

/**
 * `cblas_sgemm` as a function of addresses. Its text is part of what workers are started with, so it refers to nothing outside of itself.
 *
 * @returns A function of how many products there are, and the bytes from one to the next of a, b and the results; of the factors'
 * transposes; of rows, columns and inner size; of a's address and width, b's, β, and the result's.
 */
export function multiplier(sgemm: Library["sgemm"], memory: WebAssembly.Memory): Kernel {
  const ROW_MAJOR = 101, at = (address: number) => new Uint8Array(memory.buffer, address >>> 0);
  return (count, nextA, nextB, next, howA, howB, rows, columns, inner, a, widthA, b, widthB, beta, out, width) => {
    for (let i = 0; i < count; i++) {
      const x = at(a + i * nextA), y = at(b + i * nextB);
      sgemm(ROW_MAJOR, howA, howB, rows, columns, inner, 1, x, widthA, y, widthB, beta, at(out + i * next), width);
    }
  };
}
