/**
 * Random numbers on wasm.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { DrawAttributes } from "../chance.ts";
import type { LineAttributes } from "../parity_signs.ts";
import type { WasmBackend } from "./heap.ts";
import { addressOf, kernels } from "./kernels.ts";

type Inputs = Readonly<Record<string, tf.TensorInfo>>;

/** As `runtime/chance.ts` says. The caller frees it. */
export function draw(backend: WasmBackend, { step }: Inputs, { form, key, shape }: DrawAttributes): tf.TensorInfo {
  const out = backend.makeOutput([...shape], "float32"), kernel = kernels(backend);
  const scratch = kernel.workspace(SCRATCH), [at, to] = [step, out].map((tensor) => addressOf(backend, tensor));
  const compute = form === "uniform" ? kernel.drawUniform : kernel.drawSigns;
  compute(...key, at, to, tf.util.sizeFromShape([...shape]), scratch);
  return out;
}

/** As `runtime/parity_signs.ts` says. The caller frees it. */
export function randomLines(backend: WasmBackend, { step }: Inputs, attributes: LineAttributes): tf.TensorInfo {
  const { key, count, size, always, random } = attributes;
  const out = backend.makeOutput([count], "int32"), kernel = kernels(backend);
  const scratch = kernel.workspace(SCRATCH + 4 * size),
    [at, to] = [step, out].map((tensor) => addressOf(backend, tensor));
  kernel.drawLines(...key, at, to, count, size, always, random, scratch);
  return out;
}

const SCRATCH = 32; // bytes
