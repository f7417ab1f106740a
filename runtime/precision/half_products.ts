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
  const backend = tf.getBackend(), isWebgpu = backend === "webgpu";
  const lacking = isWebgpu ? "the GPU's device lacks (shader-f16)" : `${backend} does not have`;
  throw new UserError({
    argument: "precision",
    value: "f16-gpu",
    problem: `needs products in half precision, which ${lacking}`,
    remedy: `give ${argument("precision", "f16-products")}, the same by rounding${
      isWebgpu ? "" : `, or ${argument("backend", "webgpu")} on a GPU that has them`
    }`,
  });
}

/**
 * The half-precision kernel for a call of another one; undefined where there is none for it. Operands have to be float32 and not
 * empty, images to have their channels last, and of several products each has operands of its own, or all have one in common.
 */
export function halfKernelFor(
  name: string,
  { inputs, attrs }: Parameters<tf.KernelFunc>[0],
): tf.KernelConfig | undefined {
  const given = Object.values(inputs) as tf.TensorInfo[];
  const outer = name === "BatchMatMul" ? given.map(({ shape }) => shape.slice(0, -2)) : [];
  const suits = attrs?.dataFormat !== "NCHW" &&
    given.every(({ dtype, shape }) => dtype === "float32" && !shape.includes(0)) &&
    (outer.some((shape) => tf.util.sizeFromShape(shape) === 1) || outer.every((shape) => `${shape}` === `${outer[0]}`));
  return suits ? tf.getKernel(halfKernel(name), tf.getBackend()) : undefined;
}
