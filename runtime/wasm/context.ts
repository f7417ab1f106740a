/**
 * What kernels on wasm work with.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Library } from "./blas/library.ts";
import { type BlasOnHeap, onHeap } from "./blas/on_heap.ts";
import { type WasmBackend, Workspace } from "./heap.ts";
import { instantiate, type Kernels } from "./kernels.ts";
import type { Code } from "./threads/code.ts";
import { Pool } from "./threads/pool.ts";
import { isShared } from "./threads/shared_heap.ts";
import { hasThreads } from "./threads/worker.ts";

/** The tensors that a kernel is called with, by name. */
export type Inputs = Readonly<Record<string, tf.TensorInfo>>;

/** From how many multiplications and additions several threads pay: their work begins some microseconds later. */
const LARGE = 400_000;

/** Everything that the calls of kernels share. Contexts share nothing but the heap, and any number of them can lie on one. */
export interface WorkContext {
  /** tfjs's backend, which has the heap. */
  readonly backend: WasmBackend;
  /** Whether {@linkcode kernels} is the build with the same bits on every processor. */
  readonly strict: boolean;
  /** What computes large matrix products; absent where kernels compute all of them. */
  readonly library?: BlasOnHeap;
  /** The kernels that `assembly/` compiles to. */
  readonly kernels: Kernels;
  /** Their module, as other threads find it. */
  readonly code: Code<Kernels>;
  /** The threads; absent where one computes everything. */
  readonly pool?: Pool;
  /** From how many multiplications and additions several threads share work. */
  readonly large: number;
  /** The memory that a kernel works in during a call. */
  readonly workspace: Workspace;
  /** Formulas that are compiled, by their text. */
  readonly formulas: Map<string, Code>;
  /** Data of which a kernel has found out on the way that they are finite. Where a replay makes data anew it finds out anew. */
  readonly finite: WeakSet<object>;
}

/** Options of {@linkcode workContext}. */
export interface ContextOptions {
  /** How many threads share large work; more than one where {@linkcode canShare} says so. Default: 1. */
  readonly threads?: number;
  /** From where work is large: also where sums fall into groups, whatever the number of threads. Default: 400,000. */
  readonly large?: number;
}

/** Whether several threads can compute on a backend's heap. */
export function canShare({ wasm }: WasmBackend): boolean {
  return isShared(wasm.asm.memory) && hasThreads();
}

/** A context with a workspace of its own, for kernels on a backend's heap. */
export function workContext(
  backend: WasmBackend,
  strict: boolean,
  library?: Library,
  { threads = 1, large = LARGE }: ContextOptions = {},
): WorkContext {
  const { wasm } = backend, code = instantiate(wasm.asm.memory, strict), workspace = new Workspace(wasm);
  const pool = threads > 1 ? new Pool(wasm, threads) : undefined, { exports: kernels } = code;
  return {
    ...{ backend, strict, library: library && onHeap(library, wasm.asm.memory), kernels, code, pool, large, workspace },
    ...{ formulas: new Map(), finite: new WeakSet() },
  };
}

/** Ends a context's threads, and gives back its memory on the heap. */
export function release({ pool, workspace }: WorkContext): void {
  pool?.close();
  workspace.free();
}
