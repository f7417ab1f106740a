/**
 * Random numbers on wasm.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { DrawAttributes } from "../chance.ts";
import type { LineAttributes } from "../parity_signs.ts";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";

/** As `runtime/chance.ts` says. The caller frees it. */
export function draw(
  { backend, kernels, workspace }: WorkContext,
  { step }: Inputs,
  { form, key, shape }: DrawAttributes,
): tf.TensorInfo {
  const out = backend.makeOutput([...shape], "float32");
  const scratch = workspace.take(SCRATCH), [at, to] = [step, out].map((tensor) => addressOf(backend, tensor));
  const compute = form === "uniform" ? kernels.drawUniform : kernels.drawSigns;
  compute(...key, at, to, tf.util.sizeFromShape([...shape]), scratch);
  return out;
}

/** As `runtime/parity_signs.ts` says. The caller frees it. */
export function randomLines(
  { backend, kernels, workspace }: WorkContext,
  { step }: Inputs,
  attributes: LineAttributes,
): tf.TensorInfo {
  const { key, count, size, always, random } = attributes;
  const out = backend.makeOutput([count], "int32");
  const scratch = workspace.take(SCRATCH + 4 * size),
    [at, to] = [step, out].map((tensor) => addressOf(backend, tensor));
  kernels.drawLines(...key, at, to, count, size, always, random, scratch);
  return out;
}

const SCRATCH = 32; // bytes
