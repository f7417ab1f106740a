/**
 * Formulas on the elements of tensors, on wasm.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { ElementwiseAttributes, Program } from "../elementwise/program.ts";
import type { Format } from "../precision/format.ts";
import { elementwiseModule } from "./elementwise_module.ts";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";

const MOST_MODULES = 256; // 32 KB each; numbers are part of a formula, so that each schedule has one of its own

type Run = (...addresses: number[]) => void;

function compile(
  { backend, formulas }: WorkContext,
  program: Program,
  shared: readonly string[],
  format?: Format,
): Run {
  const { memory } = backend.wasm.asm, to = format ? `e${format.exponent}m${format.mantissa}` : "";
  const key = `${shared} ${to} ${program.key}`;
  let run = formulas.get(key);
  if (run === undefined) {
    const module = new WebAssembly.Module(elementwiseModule(program, shared, format));
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
  { program, shared, count, format }: ElementwiseAttributes,
): tf.TensorInfo[] {
  return Array.from({ length: count }, (_, i) => {
    const own = program.inputs.map((name) => [name, inputs[shared.includes(name) ? name : `${name}.${i}`]]);
    return one(context, Object.fromEntries(own), program, shared, format);
  }).flat();
}

/**
 * The results for one tensor.
 *
 * @param shared The inputs of one element; all others have the shape of the outputs.
 */
function one(
  context: WorkContext,
  inputs: Inputs,
  program: Program,
  shared: readonly string[],
  format: Format | undefined,
): tf.TensorInfo[] {
  const { backend, workspace, finite } = context;
  const { shape } = inputs[program.inputs.find((name) => !shared.includes(name))!];
  const size = tf.util.sizeFromShape(shape);
  const outputs = program.results.map(() => backend.makeOutput(shape, "float32"));
  const place = (tensor: tf.TensorInfo) => addressOf(backend, tensor);
  const run = compile(context, program, shared, size > 1 ? format : undefined);
  const places = [...program.inputs.map((name) => inputs[name]), ...outputs].map(place);
  const sums = workspace.take(4 * outputs.length);
  run(4 * size, ...places, sums);
  const totals = new Float32Array(backend.wasm.asm.memory.buffer, sums, outputs.length);
  // a sum that is not finite may have overflowed: then whoever asks has to look
  outputs.forEach(({ dataId }, i) => Number.isFinite(totals[i]) && finite.add(dataId));
  return outputs;
}
