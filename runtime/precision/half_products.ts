/**
 * Products that a device computes in float16 itself.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { argument } from "../argument.ts";
import { UserError } from "../errors.ts";

/**
 * The name of the kernel that does in half precision what another one does in float32: operands are rounded to float16 where they
 * are read, summed up in float32, and the sum is rounded to float16.
 */
export const halfKernel = (name: string): string => `ApoHalf${name}`;

/** Whether the current backend multiplies halves. */
export const hasHalfProducts = (): boolean => tf.getKernel(halfKernel("BatchMatMul"), tf.getBackend()) !== undefined;

/** @throws `UserError` where the current backend multiplies no halves. */
export function requireHalfProducts(): void {
  if (hasHalfProducts()) return;
  const backend = tf.getBackend();
  const lacking = backend === "webgpu" ? "the GPU lacks (shader-f16)" : `${backend} does not have`;
  throw new UserError({
    argument: "precision",
    value: "f16-gpu",
    problem: `needs products in half precision, which ${lacking}`,
    remedy: `give ${argument("precision", "f16-products")}, the same by rounding${
      backend === "webgpu" ? "" : `, or ${argument("backend", "webgpu")} on a GPU that has them`
    }`,
  });
}

/** The half-precision kernel for a call of another one, if there is one. Images have to have their channels last, and nothing is empty. */
export function halfProduct(
  name: string,
  { inputs, attrs }: Parameters<tf.KernelFunc>[0],
): tf.KernelConfig | undefined {
  const isOther = attrs?.dataFormat === "NCHW" || Object.values(inputs).some((x) => x?.shape.includes(0));
  return isOther ? undefined : tf.getKernel(halfKernel(name), tf.getBackend());
}
