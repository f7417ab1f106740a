/**
 * Rounding float32 to formats with fewer bits.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../errors.ts";
import { addKernel } from "../mend.ts";
import type { Tensor } from "../tensor.ts";
import { boundsOf, type Format } from "./format.ts";

/** The kernel's name: inputs `x` and perhaps `chance`, float32 of one shape and not empty; attributes {@linkcode RoundAttributes}. */
export const ROUND = "ApoRound";

/** What the kernel is called with beside its tensors. */
export interface RoundAttributes {
  /** To which numbers it rounds. */
  readonly format: Format;
}

/**
 * The nearest numbers of a format, still as float32; of two that are equally near the one whose last bit is 0 (IEEE 754's
 * roundTiesToEven). What lies beyond the largest number by half a step or more becomes infinite, NaN stays NaN, and a zero keeps its sign.
 * The gradient is that of the identity (straight-through: Bengio, Léonard and Courville, arXiv:1308.3432).
 *
 * @param x float32 of any shape.
 * @param chance For stochastic rounding (Gupta, Agrawal, Gopalakrishnan and Narayanan, "Deep Learning with Limited Numerical
 * Precision", ICML 2015): numbers in [0, 1) of x's shape, of which 24 bits count. A number between two of the format becomes the upper one with
 * the probability that makes it right in the mean, to 2⁻²⁴ of their distance; a number of the format stays as it is.
 * @throws `UserError` for other types and shapes.
 */
export function roundTo(x: Tensor, format: Format, chance?: Tensor): Tensor {
  if (x.dtype !== "float32") throw new UserError(`roundTo: x is ${x.dtype}; give float32`);
  if (chance && !(chance.dtype === "float32" && tf.util.arraysEqual(chance.shape, x.shape))) {
    throw new UserError(`roundTo: chance is ${chance.dtype} [${chance.shape}]; give float32 [${x.shape}], as x`);
  }
  if (x.size === 0) return x.clone();
  const attributes = { format } as unknown as tf.NamedAttrMap;
  return tf.engine().runKernel(ROUND, chance ? { x, chance } : { x }, attributes) as Tensor;
}

/** What the cpu backend has for it. */
interface CpuBackend {
  readSync(dataId: object): Float32Array;
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: Float32Array): tf.TensorInfo;
}

/** Registers the kernel on cpu. */
export function registerRound(): void {
  addKernel(ROUND, "cpu", ({ inputs: { x, chance }, backend, attrs }) => {
    const host = backend as unknown as CpuBackend, { format } = attrs as unknown as RoundAttributes;
    const values = Float32Array.from(host.readSync(x!.dataId));
    roundArray(values, format, chance && host.readSync(chance.dataId));
    return host.makeTensorInfo(x!.shape, "float32", values);
  });
}

/** Registers the gradient of {@linkcode roundTo}. */
export function registerRoundGradient(): void {
  if (tf.getGradient(ROUND)) return;
  tf.registerGradient({ kernelName: ROUND, gradFunc: (dy) => ({ x: () => (dy as Tensor).clone() }) });
}

const SIGN = 0x80000000, INFINITE = 0x7f800000;

/** As {@linkcode roundTo}, in place. The kernels of the backends give the same bits, up to the kind of NaN. */
export function roundArray(values: Float32Array, format: Format, chance?: ArrayLike<number>): void {
  const { dropped, least, limit, step } = boundsOf(format), unit = 2 ** step;
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    const sign = bits[i] & SIGN, size = bits[i] & ~SIGN;
    if (size > INFINITE) continue;
    if (size < least) { // subnormal in the format: the smaller the number, the more bits of its significand are dropped
      const field = Math.max(size >>> 23, 1), significand = size - ((field - 1) << 23);
      const all = dropped + (least >>> 23) - field, last = Math.min(all, 24); // of 24 bits nothing but a carry is left
      const part = significand >>> Math.min(all - last, 31);
      const steps = (part + carried(part, last, chance?.[i])) >>> last;
      values[i] = (sign ? -1 : 1) * steps * unit;
    } else { // a carry out of the significand goes to the exponent, as it has to
      const rounded = (size + carried(size, dropped, chance?.[i])) >>> dropped << dropped;
      bits[i] = sign | (rounded < limit ? rounded : INFINITE);
    }
  }
}

/** What is added before so many bits are dropped. */
function carried(number: number, dropped: number, chance?: number): number {
  if (chance !== undefined) return Math.floor(chance * 2 ** dropped);
  return dropped === 0 ? 0 : 2 ** (dropped - 1) - 1 + (number >>> dropped & 1); // more than a half carries, and a half to an odd number
}
