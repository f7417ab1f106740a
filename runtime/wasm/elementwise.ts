/**
 * Formulas on the elements of tensors, on wasm.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Program } from "../elementwise/program.ts";
import { elementwiseModule } from "./elementwise_module.ts";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";

const MOST_MODULES = 256; // 32 KB each; numbers are part of a formula, so that each schedule has one of its own

type Run = (...addresses: number[]) => void;

function compile({ backend, formulas }: WorkContext, program: Program, shared: ReadonlySet<string>): Run {
  const { memory } = backend.wasm.asm, key = `${[...shared]} ${program.key}`;
  let run = formulas.get(key);
  if (run === undefined) {
    const module = new WebAssembly.Module(elementwiseModule(program, shared));
    run = new WebAssembly.Instance(module, { env: { memory } }).exports.run as Run;
    if (formulas.size >= MOST_MODULES) formulas.delete(formulas.keys().next().value!); // the oldest
    formulas.set(key, run);
  }
  return run;
}

/**
 * For each of `count` tensors the results, in the program's order, which the caller frees. Inputs are called as the program's,
 * those by tensor with `.0`, … after it.
 */
export function elementwise(
  context: WorkContext,
  inputs: Inputs,
  { program, shared, count }: { readonly program: Program; readonly shared: readonly string[]; readonly count: number },
): tf.TensorInfo[] {
  return Array.from({ length: count }, (_, i) => {
    const own = program.inputs.map((name) => [name, inputs[shared.includes(name) ? name : `${name}.${i}`]]);
    return one(context, Object.fromEntries(own), program, shared);
  }).flat();
}

/**
 * The results for one tensor.
 *
 * @param shared The inputs of one element; all others have the shape of the outputs.
 */
function one(context: WorkContext, inputs: Inputs, program: Program, shared: readonly string[]): tf.TensorInfo[] {
  const { backend, workspace, finite } = context;
  const { shape } = inputs[program.inputs.find((name) => !shared.includes(name))!];
  const outputs = program.results.map(() => backend.makeOutput(shape, "float32"));
  const place = (tensor: tf.TensorInfo) => addressOf(backend, tensor);
  const run = compile(context, program, new Set(shared));
  const places = [...program.inputs.map((name) => inputs[name]), ...outputs].map(place);
  const sums = workspace.take(4 * outputs.length);
  run(4 * tf.util.sizeFromShape(shape), ...places, sums);
  const totals = new Float32Array(backend.wasm.asm.memory.buffer, sums, outputs.length);
  // a sum that is not finite may have overflowed: then whoever asks has to look
  outputs.forEach(({ dataId }, i) => Number.isFinite(totals[i]) && finite.add(dataId));
  return outputs;
}
