/**
 * Formulas on the elements of tensors, on wasm.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Program } from "../elementwise/program.ts";
import { elementwiseModule } from "./elementwise_module.ts";
import type { WasmBackend } from "./heap.ts";
import { noteFinite } from "./all_finite.ts";
import { addressOf, kernels } from "./kernels.ts";

const MOST_MODULES = 256; // 32 KB each; numbers are part of a formula, so that each schedule has one of its own

type Run = (...addresses: number[]) => void;
const compiled = new WeakMap<WebAssembly.Memory, Map<string, Run>>();

function compile({ wasm }: WasmBackend, program: Program, shared: ReadonlySet<string>): Run {
  const { memory } = wasm.asm;
  const known = compiled.get(memory) ?? new Map<string, Run>();
  compiled.set(memory, known);
  const key = `${[...shared]} ${program.key}`;
  let run = known.get(key);
  if (run === undefined) {
    const module = new WebAssembly.Module(elementwiseModule(program, shared));
    run = new WebAssembly.Instance(module, { env: { memory } }).exports.run as Run;
    if (known.size >= MOST_MODULES) known.delete(known.keys().next().value!); // the oldest
    known.set(key, run);
  }
  return run;
}

/**
 * For each of `count` tensors the results, in the program's order, which the caller frees. Inputs are called as the program's,
 * those by tensor with `.0`, … after it.
 */
export function elementwise(
  backend: WasmBackend,
  inputs: Readonly<Record<string, tf.TensorInfo>>,
  { program, shared, count }: { readonly program: Program; readonly shared: readonly string[]; readonly count: number },
): tf.TensorInfo[] {
  return Array.from({ length: count }, (_, i) => {
    const own = program.inputs.map((name) => [name, inputs[shared.includes(name) ? name : `${name}.${i}`]]);
    return one(backend, Object.fromEntries(own), program, shared);
  }).flat();
}

/**
 * The results for one tensor.
 *
 * @param shared The inputs of one element; all others have the shape of the outputs.
 */
function one(
  backend: WasmBackend,
  inputs: Readonly<Record<string, tf.TensorInfo>>,
  program: Program,
  shared: readonly string[],
): tf.TensorInfo[] {
  const { shape } = inputs[program.inputs.find((name) => !shared.includes(name))!];
  const outputs = program.results.map(() => backend.makeOutput(shape, "float32"));
  const place = (tensor: tf.TensorInfo) => addressOf(backend, tensor);
  const run = compile(backend, program, new Set(shared));
  const places = [...program.inputs.map((name) => inputs[name]), ...outputs].map(place);
  const sums = kernels(backend).workspace(4 * outputs.length);
  run(4 * tf.util.sizeFromShape(shape), ...places, sums);
  const totals = new Float32Array(backend.wasm.asm.memory.buffer, sums, outputs.length);
  outputs.forEach(({ dataId }, i) => noteFinite(dataId, totals[i] === 0));
  return outputs;
}
