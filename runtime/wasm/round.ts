/**
 * Rounding to formats with fewer bits, on wasm.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { RoundAttributes } from "../precision/round.ts";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";

/** As `runtime/precision/round.ts` says. The caller frees it. */
export function round(context: WorkContext, inputs: Inputs, attributes: RoundAttributes): tf.TensorInfo {
  const out = context.backend.makeOutput(inputs.x.shape, "float32");
  return into(out, context, inputs, attributes);
}

/** As `runtime/precision/round_result.ts` says: in place. */
export function roundResult(context: WorkContext, { x }: Inputs, attributes: RoundAttributes): tf.TensorInfo {
  return into(x, context, { x }, attributes);
}

function into(
  out: tf.TensorInfo,
  { backend, kernels, finite }: WorkContext,
  { x, chance }: Inputs,
  { format: { exponent, mantissa } }: RoundAttributes,
): tf.TensorInfo {
  const [from, to] = [x, out].map((tensor) => addressOf(backend, tensor)), count = tf.util.sizeFromShape(x.shape);
  const isFinite = chance
    ? kernels.roundByChance(from, addressOf(backend, chance), count, exponent, mantissa, to)
    : kernels.roundNearest(from, count, exponent, mantissa, to);
  if (isFinite) finite.add(out.dataId);
  else finite.delete(out.dataId); // what was finite before may have overflowed
  return out;
}
