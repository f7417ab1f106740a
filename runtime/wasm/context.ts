/**
 * What kernels on wasm work with.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Library } from "./blas/library.ts";
import { type WasmBackend, Workspace } from "./heap.ts";
import { instantiate, type Kernels } from "./kernels.ts";

/** The tensors that a kernel is called with, by name. */
export type Inputs = Readonly<Record<string, tf.TensorInfo>>;

/** Everything that the calls of kernels share. Contexts share nothing but the heap, and any number of them can lie on one. */
export interface WorkContext {
  /** tfjs's backend, which has the heap. */
  readonly backend: WasmBackend;
  /** Whether {@linkcode kernels} is the build with the same bits on every processor. */
  readonly strict: boolean;
  /** What computes large matrix products; absent where kernels compute all of them. */
  readonly library?: Library;
  /** The kernels that `assembly/` compiles to. */
  readonly kernels: Kernels;
  /** The memory that a kernel works in during a call. */
  readonly workspace: Workspace;
  /** Formulas that are compiled, by their text. */
  readonly formulas: Map<string, (...addresses: number[]) => void>;
  /** Data of which a kernel has found out on the way that they are finite. They stay so, as the data of tensors do not change. */
  readonly finite: WeakSet<object>;
}

/** A context with a workspace of its own, for kernels on a backend's heap. */
export function workContext(backend: WasmBackend, strict: boolean, library?: Library): WorkContext {
  const { wasm } = backend, kernels = instantiate(wasm.asm.memory, strict), workspace = new Workspace(wasm);
  return { backend, strict, library, kernels, workspace, formulas: new Map(), finite: new WeakSet() };
}
