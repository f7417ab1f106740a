/**
 * Formulas on the elements of tensors, each computed in one pass over memory where the backend can.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../errors.ts";
import type { Tensor, Tensors } from "../tensor.ts";
import { type ElementwiseAttributes, type Formula, type Program, program } from "./program.ts";

/**
 * The name of the kernel that computes a formula for many tensors, none of them empty: attributes {@linkcode ElementwiseAttributes},
 * inputs by name, those by tensor `x.0`, `x.1`, …; results by tensor, in the program's order.
 */
export const ELEMENTWISE = "ApoElementwise";

/**
 * Compiles a formula, such as β m + g for momentum, into a function of named tensors: it computes the formula for each element
 * of each tensor. On wasm a formula is a loop of its own, compiled when it is first used, instead of a pass over memory for each
 * operation, and the results have the same bits (of `minimum` and `maximum` except where there is NaN or −0); on WebGPU several
 * tensors share a dispatch. On cpu, and inside a gradient, it is tfjs's own operations.
 *
 * @param formula Called once, with expressions; it must not depend on anything that changes.
 * @throws `UserError` for a constant that float32 does not have, and for inputs that do not fit.
 * @returns A function of the inputs by name: each is either named tensors, all with the same names and shapes, or a tensor
 * of one element for all of them. It returns named tensors for each output, which the caller's `tf.tidy` owns.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { assertEquals } from "@std/assert";
 * import { elementwise } from "@amortized/apo/optimizers";
 *
 * const update = elementwise(({ x, d, rate }) => ({ x: x.sub(d.mul(rate)) }));
 * const next = update({ x: { a: tf.tensor1d([1, 2]) }, d: { a: tf.tensor1d([10, 20]) }, rate: tf.scalar(0.5) });
 * assertEquals([...next.x.a.dataSync()], [-4, -8]);
 * ```
 */
export function elementwise<Output extends string>(
  formula: Formula<Output>,
): (inputs: Readonly<Record<string, Tensors | Tensor>>) => Readonly<Record<Output, Tensors>> {
  const traced = program(formula);
  const outputs = Object.keys(traced.outputs) as Output[];
  return (inputs) => {
    const shared = traced.inputs.filter((name) => inputs[name] instanceof tf.Tensor);
    const names = namesOf(traced, inputs, shared);
    const given = names.map((name) =>
      Object.fromEntries(traced.inputs.map((input) => {
        const x = inputs[input];
        return [input, x instanceof tf.Tensor ? x : x[name]];
      }))
    );
    const computed = together(traced, given, shared) ?? given.map((each) => byOperations(traced, each, shared));
    const results = names.map((name, i) => [name, computed[i]] as const);
    const named = (output: Output): Tensors =>
      Object.fromEntries(results.map(([name, tensors]) => [name, tensors[traced.outputs[output]]]));
    return Object.fromEntries(outputs.map((output) => [output, named(output)])) as Record<Output, Tensors>;
  };
}

/** The names of the tensors. */
function namesOf(
  { inputs: wanted }: Program,
  inputs: Readonly<Record<string, Tensors | Tensor>>,
  shared: readonly string[],
): string[] {
  const missing = wanted.find((input) => inputs[input] === undefined);
  if (missing !== undefined) throw new UserError(`elementwise: "${missing}" is not given; the formula uses it`);
  for (const input of shared) {
    const { shape, size } = inputs[input] as Tensor;
    if (size !== 1) {
      throw new UserError(
        `elementwise: "${input}" is one tensor of shape [${shape}]; give one number, or named tensors`,
      );
    }
  }
  const [first, ...others] = wanted.filter((input) => !shared.includes(input));
  if (first === undefined) {
    throw new UserError("elementwise: every input is one number; give named tensors for one of them");
  }
  const tensors = inputs[first] as Tensors;
  for (const input of others) {
    for (const [name, x] of Object.entries(tensors)) {
      const y = (inputs[input] as Tensors)[name];
      if (y !== undefined && tf.util.arraysEqual(x.shape, y.shape)) continue;
      throw new UserError(
        `elementwise: "${name}" has shape [${x.shape}] in "${first}" and ${
          y ? `[${y.shape}]` : "is missing"
        } in "${input}"; give equal ones`,
      );
    }
  }
  return Object.keys(tensors);
}

/** The results for all tensors by one kernel, where the backend has such a one and can. */
function together(traced: Program, given: readonly Tensors[], shared: readonly string[]): Tensor[][] | undefined {
  if (tf.engine().state.gradientDepth > 0 || !tf.getKernel(ELEMENTWISE, tf.getBackend())) return undefined;
  if (given.length === 0) return [];
  const tensors = given.flatMap((each) => Object.values(each));
  if (tensors.some(({ dtype, size }) => dtype !== "float32" || size === 0)) return undefined;
  const inputs = given.flatMap((each, i) =>
    Object.entries(each).map(([name, x]) => [shared.includes(name) ? name : `${name}.${i}`, x])
  );
  const attributes: ElementwiseAttributes = { program: traced, shared, count: given.length };
  const named = attributes as unknown as tf.NamedAttrMap;
  const results = tf.engine().runKernel(ELEMENTWISE, Object.fromEntries(inputs), named) as Tensor[];
  const each = traced.results.length;
  return given.map((_, i) => results.slice(i * each, (i + 1) * each));
}

/** The results for one tensor of each input by tfjs's own operations, which have gradients. */
function byOperations({ instructions, results }: Program, given: Tensors, shared: readonly string[]): Tensor[] {
  const values: (Tensor | number)[] = [];
  for (const instruction of instructions) {
    if (instruction.kind === "input") {
      const x = given[instruction.name];
      values.push(shared.includes(instruction.name) ? tf.reshape(x, []) : x);
    } else if (instruction.kind === "constant") values.push(instruction.value);
    else {
      const [a, b] = instruction.operands.map((operand) => values[operand]);
      const { operation } = instruction;
      values.push(operation === "sqrt" || operation === "step" ? tf[operation](a) : tf[operation](a, b));
    }
  }
  const shape = Object.entries(given).find(([name]) => !shared.includes(name))![1].shape;
  return results.map((value) => tf.broadcastTo(values[value], shape));
}
