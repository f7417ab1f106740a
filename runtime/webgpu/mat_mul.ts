/**
 * Matrix products on WebGPU.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { callKernel, free, type KernelCall } from "./kernel_call.ts";

/** tfjs splits the sum of a product with few outputs from this inner size on (its `BatchMatMul_impl`). */
const SPLIT_INNER = 2000;

/**
 * Transposes b beforehand where tfjs's program that splits the inner sum would read four neighbours of b in one go: in
 * a transposed b they lie in a column, so its result is wrong altogether.
 */
export function transposeFirst(original: tf.KernelFunc): tf.KernelFunc {
  return (call) => {
    if (!isMisread(call)) return original(call);
    const b = call.inputs.b!;
    const rank = b.shape.length, perm = b.shape.map((_, axis) => axis);
    [perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2];
    const swapped = callKernel("Transpose", call, b, { perm });
    const out = original({
      ...call,
      inputs: { ...call.inputs, b: swapped },
      attrs: { ...call.attrs, transposeB: false },
    });
    free(call, swapped);
    return out;
  };
}

/** Nearly exactly tfjs's condition; how many outputs are few depends on the device, so that part is left out. */
function isMisread({ inputs: { a, b }, attrs }: KernelCall): boolean {
  if (!attrs!.transposeB) return false;
  const batch = tf.util.sizeFromShape([...a!.shape.slice(0, -2), ...b!.shape.slice(0, -2)]);
  const [columns, inner] = b!.shape.slice(-2);
  const inFours = a!.shape.at(-1)! % 4 === 0 && columns % 4 === 0;
  return batch === 1 && inner >= SPLIT_INNER && inFours;
}
