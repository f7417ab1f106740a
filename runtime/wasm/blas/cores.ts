/**
 * Which of OpenBLAS's kernels are worth taking.
 * @module
 */

/**
 * OpenBLAS's names for processors whose vectors are wider than the 128 bits of WebAssembly, or that compute more of them at a
 * time than a kernel in WebAssembly can keep busy. A list, and not a race of the two: a race would let the bits of a run depend
 * on what else the machine did.
 */
const FAST: ReadonlySet<string> = new Set([
  ...["sandybridge", "haswell", "zen"], // 256 bits: AVX, AVX2
  ...["skylakex", "cooperlake", "sapphirerapids"], // 512 bits
  ...["neoversev1", "armv8sve", "a64fx"], // SVE of 256 and 512 bits
  ...["vortex", "vortexm4"], // Apple
]);

/** Whether the kernels for this processor are known to be faster than any of 128 bits; builds for one write its name in capitals. */
export function isFast(core: string): boolean {
  return FAST.has(core.toLowerCase());
}
