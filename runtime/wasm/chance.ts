/**
 * Random numbers on wasm.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { DrawAttributes } from "../chance.ts";
import type { LineAttributes } from "../parity_signs.ts";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";
import { along, NUMBER } from "./threads/split.ts";

/** As `runtime/chance.ts` says. The caller frees it. */
export function draw(
  context: WorkContext,
  { step }: Inputs,
  { form, key, shape }: DrawAttributes,
): tf.TensorInfo {
  const { backend, workspace } = context, out = backend.makeOutput([...shape], "float32");
  const scratch = workspace.take(SCRATCH), [at, to] = [step, out].map((tensor) => addressOf(backend, tensor));
  const count = tf.util.sizeFromShape([...shape]), work = 10 * NUMBER * count; // many rounds for each number
  const loop = { count, unit: 8, work, scratch: { argument: 6, bytes: SCRATCH } };
  along(context, form === "uniform" ? "drawUniform" : "drawSigns", loop, ({ from, size }) => {
    return [...key, at, from, to + 4 * from, size, scratch];
  });
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
