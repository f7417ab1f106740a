/**
 * Random numbers on wasm.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { DrawAttributes } from "../chance.ts";
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

const SCRATCH = 64; // bytes
