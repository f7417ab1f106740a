/**
 * What kernels are told of a convolution or a pooling: `assembly/geometry.ts` reads it.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WasmBackend } from "./heap.ts";

/** Bytes of what {@linkcode writeGeometry} writes. */
export const GEOMETRY = 48;

/** Whole numbers in the kernels' order. */
export interface Sizes {
  /** Height, width and channels of an image. */
  readonly image: readonly [height: number, width: number, channels: number];
  /** Height and width of a window. */
  readonly window: readonly [height: number, width: number];
  /** Rows and columns before an image at which the first window begins. */
  readonly margins: readonly [top: number, left: number];
  /** The distance from a window to the next, down and across. */
  readonly strides: readonly [down: number, across: number];
  /** How many windows there are down and across, and the channels of what comes out. */
  readonly out: readonly [height: number, width: number, channels: number];
}

/** Those of a convolution, or of a pooling, by tfjs's own rules. */
export function sizesOf(info: tf.backend_util.Conv2DInfo): Sizes {
  return {
    image: [info.inHeight, info.inWidth, info.inChannels],
    window: [info.filterHeight, info.filterWidth],
    margins: [info.padInfo.top, info.padInfo.left],
    strides: [info.strideHeight, info.strideWidth],
    out: [info.outHeight, info.outWidth, info.outChannels],
  };
}

/** The bytes from an image to the next, of what a convolution or a pooling reads and of what comes out. */
export function imageBytes(info: tf.backend_util.Conv2DInfo): { readonly input: number; readonly output: number } {
  return {
    input: 4 * info.inHeight * info.inWidth * info.inChannels,
    output: 4 * info.outHeight * info.outWidth * info.outChannels,
  };
}

/** Writes them to memory. */
export function writeGeometry(
  { image, window, margins, strides, out }: Sizes,
  { wasm }: WasmBackend,
  address: number,
): void {
  const sizes = [...image, ...window, ...margins, ...strides, ...out];
  new Int32Array(wasm.asm.memory.buffer, address, sizes.length).set(sizes);
}
