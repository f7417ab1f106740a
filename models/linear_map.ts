/**
 * The linear maps of a network: what structured curvature (KFAC) has a pair of factors for.
 * @module
 */
import type { Tensor } from "../runtime/tensor.ts";
import type { Windows } from "../runtime/windows.ts";

/** A linear map x ↦ x W + b, or the same for the windows of images. A network may use it several times in a pass. */
export interface LinearMap {
  /** The path of what it belongs to, such as `"encoder/layer1/attention/query"`. */
  readonly name: string;
  /** The parameter W: `[in, out]`, or `[height, width, in, out]` of a convolution. */
  readonly kernel: string;
  /** The parameter b, where it is one of its own. */
  readonly bias?: string;
  /** Where a convolution's windows lie; a dense map has none. */
  readonly windows?: Windows;
}

/** One use of a {@linkcode LinearMap} in a pass. */
export interface UseOfMap {
  /** What came in: `[…, in]`, or images `[batch, height, width, in]`. */
  readonly inputs: Tensor;
  /** What the map made of it, before any activation: `[…, out]`. */
  readonly outputs: Tensor;
  /**
   * Which rows count: 1 or 0, of the shape of the leading axes of the outputs. Without it all rows count, each as much as its
   * example's weight in the batch.
   */
  readonly mask?: Tensor;
}
