/**
 * What records steps on the current backend.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Recorder } from "./capture/step.ts";
import { WasmRecorder } from "./wasm/capture/recorder.ts";
import { currentContext } from "./wasm/mend_wasm.ts";
import { webgpuBackend } from "./webgpu/backend.ts";
import { WebgpuRecorder } from "./webgpu/capture/capture.ts";

/** A recorder for the current backend; undefined where steps are done eagerly. */
export function recorder(): Recorder | undefined {
  const gpu = webgpuBackend();
  if (gpu) return new WebgpuRecorder(gpu);
  const context = tf.getBackend() === "wasm" ? currentContext() : undefined;
  return context && new WasmRecorder(context);
}
