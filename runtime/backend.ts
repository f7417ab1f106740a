/**
 * Where tensors are computed: WebGPU, WebAssembly or plain JavaScript.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { registerAllFinite } from "./all_finite.ts";
import { registerBatchNormGradient } from "./batch_norm.ts";
import { registerBiasedGradient } from "./biased.ts";
import { registerDenseGradient } from "./dense_layer.ts";
import { mendActivationGradients } from "./elementwise/activation_gradients.ts";
import { argument } from "./argument.ts";
import { UserError } from "./errors.ts";
import { registerLayerNormGradient } from "./layer_norm.ts";
import { registerRound, registerRoundGradient } from "./precision/round.ts";
import { registerRoundResult } from "./precision/round_result.ts";
import { registerSelect } from "./select.ts";
import { type BlasChoice, chooseBlas } from "./wasm/blas/choice.ts";
import type { Blas, Library } from "./wasm/blas/library.ts";
import { canShare, release, type WorkContext, workContext } from "./wasm/context.ts";
import { refuseWhenFull } from "./wasm/full_heap.ts";
import type { WasmBackend } from "./wasm/heap.ts";
import { hasRelaxedSimd } from "./wasm/kernels.ts";
import { mendWasm } from "./wasm/mend_wasm.ts";
import { chooseThreads, threadsText } from "./wasm/threads/choice.ts";
import { onSharedHeap } from "./wasm/threads/shared_heap.ts";
import { type Adapter, findAdapter } from "./webgpu/adapter.ts";
import { withHalf } from "./webgpu/half_device.ts";
import { discardLost } from "./webgpu/loss.ts";
import { mendWebgpu } from "./webgpu/mend_webgpu.ts";
import { withoutDisplay } from "./webgpu/quiet.ts";

export type { Blas };

/** What the kernels on wasm work with since that backend was chosen. */
let context: WorkContext | undefined;

/** A tfjs backend. */
export type BackendName = "webgpu" | "wasm" | "cpu";

/** Which backend runs, and one line for people about why. */
export interface BackendChoice {
  /** The backend. */
  readonly name: BackendName;
  /** Which and why, for people. */
  readonly reason: string;
  /** On wasm, the library that computes matrix products; absent where kernels of our own do. */
  readonly blas?: Blas;
}

/** Options of {@linkcode chooseBackend}. */
export interface BackendOptions {
  /**
   * On wasm the same bits on every processor, at about two thirds of the speed of products: no multiplication and addition in one
   * rounding. Default: false, so that it is up to the processor.
   */
  readonly strict?: boolean;
  /**
   * On wasm, what computes matrix products, under Deno with `--allow-ffi`: `"auto"`, the default, an OpenBLAS of the system
   * if it is known to be faster, `"off"` kernels of our own, and a path that library (with its bits, and on its threads unless
   * it is an OpenBLAS).
   */
  readonly blas?: string;
  /**
   * On wasm, how many threads share large work: a whole number from 1, or `"auto"`, the default, as many as the machine has cores, 16
   * at most. It is one where threads cannot share memory, as in browsers. Bits do not depend on it.
   */
  readonly threads?: number | "auto";
}

/**
 * Starts a backend, makes it tfjs's current one, and mends the kernels that tfjs lacks there, computes wrongly or slowly.
 * Calling it again is cheap and may change the backend; after the loss of a GPU it starts a new device, without the tensors.
 *
 * Under Deno, `wasm` needs `--allow-read` (the module lies among the npm packages); `webgpu` and `cpu` need nothing.
 *
 * @param backend `"auto"` takes WebGPU on a real GPU, else wasm, else cpu. A software WebGPU adapter must be asked for.
 * @throws `UserError` if the backend that was asked for by name, or the BLAS by its path, cannot run here, and for a number of threads
 * that cannot be.
 */
export async function chooseBackend(
  backend: "auto" | BackendName = "auto",
  { strict = false, blas = "auto", threads = "auto" }: BackendOptions = {},
): Promise<BackendChoice> {
  const wanted = chooseThreads(threads);
  mendActivationGradients();
  registerBatchNormGradient();
  registerBiasedGradient();
  registerDenseGradient();
  registerLayerNormGradient();
  registerRoundGradient();
  tf.env().set("IS_NODE", false); // or tfjs prints an advertisement for tfjs-node
  switch (backend) {
    case "auto":
      return await chooseBest(strict, blas, wanted);
    case "webgpu":
      return { name: "webgpu", reason: `webgpu (${await startWebgpu(await findAdapter())})` };
    case "wasm":
      return await startWasm(strict, chooseBlas(blas, strict), wanted);
    case "cpu":
      await startCpu();
      return { name: "cpu", reason: "cpu (plain JavaScript, slow)" };
    default:
      throw unusable(backend, "is unknown", "choose auto, webgpu, wasm or cpu");
  }
}

/** Starts the best backend where none runs yet: for callers that did not choose. */
export async function ensureBackend(): Promise<void> {
  tf.env().set("IS_NODE", false);
  if (!tf.getBackend()) await chooseBackend();
}

async function chooseBest(strict: boolean, blas: string, threads: number): Promise<BackendChoice> {
  const adapter = await findAdapter();
  let why = "no GPU adapter";
  if (adapter?.software) why = `the only WebGPU adapter is software (${adapter.name.split(" (", 1)[0]})`;
  else if (adapter) {
    const started = await attempt(() => startWebgpu(adapter));
    if (typeof started === "string") return { name: "webgpu", reason: `webgpu (${started})` };
    why = `WebGPU on ${adapter.name} failed`;
  }
  const chosen = chooseBlas(blas, strict); // a path that cannot be taken is no reason to take the cpu
  const wasm = await attempt(() => startWasm(strict, chosen, threads));
  if (!(wasm instanceof UserError)) return { ...wasm, reason: `${wasm.reason}: ${why}` };
  await startCpu();
  return { name: "cpu", reason: `cpu (plain JavaScript, slow): ${why}; ${wasm.message}` };
}

async function attempt<T>(start: () => Promise<T>): Promise<T | UserError> {
  return await start().catch((error) => {
    if (error instanceof UserError) return error;
    throw error;
  });
}

/** Returns the adapter's name. */
async function startWebgpu(adapter: Adapter | undefined): Promise<string> {
  if (adapter === undefined) {
    throw unusable(
      "webgpu",
      "cannot run: no WebGPU adapter was found",
      `install a GPU driver or use ${argument("backend", "wasm")}`,
    );
  }
  await import("@tensorflow/tfjs-backend-webgpu");
  discardLost();
  if (!await withoutDisplay(() => withHalf(() => start("webgpu")))) {
    throw unusable(
      "webgpu",
      `cannot run: ${adapter.name} did not start`,
      `update its driver or use ${argument("backend", "wasm")}`,
    );
  }
  mendWebgpu();
  return adapter.name;
}

async function startWasm(strict: boolean, { library, said }: BlasChoice, wanted: number): Promise<BackendChoice> {
  await import("@tensorflow/tfjs-backend-wasm");
  // tfjs's threads need a kind of worker that Deno has not: its initialization fails, and tfjs goes on with another backend.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  if (!await onSharedHeap(() => start("wasm"))) {
    const remedy = `allow Deno to read it (--allow-read) or use ${argument("backend", "cpu")}`;
    throw unusable("wasm", "cannot run: the module did not load", remedy);
  }
  if (!await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT")) {
    throw unusable("wasm", "cannot run: this engine has no SIMD", `update it or use ${argument("backend", "cpu")}`);
  }
  const isStrict = strict || !hasRelaxedSimd(), backend = tf.backend() as unknown as WasmBackend;
  const threads = canShare(backend) ? wanted : 1;
  workOn(backend, isStrict, library, threads);
  const how = `${isStrict ? "strict" : "relaxed"} SIMD, ${threadsText(threads, wanted)}${said && `; ${said}`}`;
  return { name: "wasm", reason: `wasm (${how})`, ...library && { blas: library.blas } };
}

/** Registers wasm kernels that work so, unless they are registered. */
function workOn(backend: WasmBackend, strict: boolean, library: Library | undefined, threads: number): void {
  const same = context?.backend === backend && context.strict === strict && context.library?.library === library;
  if (same && (context?.pool?.threads ?? 1) === threads) return;
  refuseWhenFull(backend.wasm);
  if (context) release(context);
  context = workContext(backend, strict, library, { threads });
  mendWasm(context);
}

async function startCpu(): Promise<void> {
  if (!await start("cpu")) {
    throw unusable("cpu", "cannot run: tfjs's cpu backend did not start", "reinstall @tensorflow/tfjs");
  }
  registerAllFinite();
  registerRound();
  registerRoundResult();
  registerSelect("cpu");
}

function unusable(value: string, problem: string, remedy: string): UserError {
  return new UserError({ argument: "backend", value, problem, remedy });
}

/** Whether the backend now runs. If not, the one from before does; tfjs would leave none and take any at the next operation. */
async function start(name: BackendName): Promise<boolean> {
  const before = tf.getBackend() || "cpu"; // tfjs says nothing before its first operation
  const started = tf.engine().findBackendFactory(name) !== null && await tf.setBackend(name);
  if (started && tf.getBackend() === name) return true; // a backend set meanwhile by somebody else counts as failure
  if (before !== name) await tf.setBackend(before);
  return false;
}
