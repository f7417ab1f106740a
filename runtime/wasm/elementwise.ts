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
import { type Code, codeOn } from "./threads/code.ts";
import { callsOf, NUMBER, parts, tasksOf } from "./threads/split.ts";

const MOST_MODULES = 256; // 32 KB each; numbers are part of a formula, so that each schedule has one of its own

function compile(
  { backend, formulas, pool }: WorkContext,
  program: Program,
  shared: readonly string[],
  format?: Format,
): Code {
  const { memory } = backend.wasm.asm, to = format ? `e${format.exponent}m${format.mantissa}` : "";
  const key = `${shared} ${to} ${program.key}`;
  let code = formulas.get(key);
  if (code === undefined) {
    code = codeOn(memory, elementwiseModule(program, shared, format));
    if (formulas.size >= MOST_MODULES) {
      const [oldest, forgotten] = formulas.entries().next().value!;
      formulas.delete(oldest);
      pool?.forget(forgotten);
    }
    formulas.set(key, code);
  }
  return code;
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
  const code = compile(context, program, shared, size > 1 ? format : undefined);
  const places = [...program.inputs.map((name) => inputs[name]), ...outputs].map(place);
  const steps = [...program.inputs.map((name) => shared.includes(name) ? 0 : 4), ...outputs.map(() => 4)];
  const split = parts(size, tasksOf(context, NUMBER * size), 16), count = Math.max(1, split.length);
  const sums = workspace.take(4 * outputs.length * count); // each part has its own
  const calls = split.map(({ from, size }, part) => {
    return [4 * size, ...places.map((at, i) => at + from * steps[i]), sums + 4 * outputs.length * part];
  });
  callsOf(context, code, "run", calls);
  const totals = new Float32Array(backend.wasm.asm.memory.buffer, sums, outputs.length * calls.length);
  // a sum that is not finite may have overflowed: then whoever asks has to look
  outputs.forEach(({ dataId }, i) => {
    if (calls.every((_, part) => Number.isFinite(totals[part * outputs.length + i]))) finite.add(dataId);
    else finite.delete(dataId); // in a replay the same data are made again
  });
  return outputs;
}
