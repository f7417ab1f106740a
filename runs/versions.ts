/**
 * The versions that a run writes down.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type Blas, blasText } from "../runtime/wasm/blas/library.ts";
import configuration from "../deno.json" with { type: "json" };

/** The versions of what computes: apo, Deno, V8, tfjs; with a library its version and its kernels, too. */
export function versions(blas?: Blas): Record<string, string> {
  const { deno, v8 } = globalThis.Deno?.version ?? { deno: "none", v8: "unknown" };
  return { apo: configuration.version, deno, v8, tfjs: tf.version_core, ...blas && { products: blasText(blas) } };
}
