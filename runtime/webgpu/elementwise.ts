/**
 * Formulas on the elements of tensors, on WebGPU: all results of a few tensors in one dispatch, as many as a program can bind.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Operation } from "../elementwise/expression.ts";
import { type ElementwiseAttributes, type Program, varying } from "../elementwise/program.ts";
import type { WebgpuBackend } from "./backend.ts";
import { MOST_BUFFERS, runJoint } from "./joint.ts";
import type { KernelCall } from "./kernel_call.ts";
import { roundedFloat } from "./round.ts";

/** For each of `count` tensors the results, in the program's order. Inputs are called as the program's, those by tensor with `.0`, … */
export function elementwiseEach({ inputs, backend, attrs }: KernelCall): tf.TensorInfo[] {
  const { program, shared, count, format } = attrs as unknown as ElementwiseAttributes;
  const given = inputs as Record<string, tf.TensorInfo>, own = program.inputs.filter((name) => !shared.includes(name));
  const results: tf.TensorInfo[][] = Array.from({ length: count }, () => []);
  const varies = varying(program, shared), none = varies.map(() => false);
  for (const part of parts(program, own, shared)) {
    const each = own.filter((name) => part.names.includes(name)),
      all = shared.filter((name) => part.names.includes(name));
    const together = Math.max(1, Math.floor((MOST_BUFFERS - all.length) / (each.length + part.results.length)));
    for (let start = 0; start < count; start += together) {
      const which = Array.from({ length: Math.min(together, count - start) }, (_, i) => start + i);
      const shapes = which.map((i) => given[`${own[0]}.${i}`].shape), sizes = shapes.map(tf.util.sizeFromShape);
      const cases = which.map((_, i) => {
        const buffer = (name: string) =>
          all.includes(name)
            ? `in${all.indexOf(name)}[0]`
            : `in${all.length + i * each.length + each.indexOf(name)}[index]`;
        const lines = [
          ...part.lines(buffer, format && sizes[i] > 1 ? varies : none),
          ...part.results.map((value, j) => `out${i * part.results.length + j}[index] = v${value};`),
        ];
        return `if (part == ${i}) {\n  ${lines.join("\n  ")}\n}`;
      });
      const made = runJoint(backend as unknown as WebgpuBackend, {
        code: cases.join("\n"),
        declarations: format && roundedFloat(format),
        element: "f32",
        parts: sizes,
        inputs: [...all.map((name) => given[name]), ...which.flatMap((i) => each.map((name) => given[`${name}.${i}`]))],
        outputs: shapes.flatMap((shape) => part.results.map(() => ({ shape, dtype: "float32" as const }))),
      });
      which.forEach((tensor, i) =>
        results[tensor].push(...made.slice(i * part.results.length, (i + 1) * part.results.length))
      );
    }
  }
  return results.flat();
}

/** What is computed in one dispatch. */
interface Part {
  /** Of the program's values. */
  readonly results: readonly number[];
  /** The inputs that they need. */
  readonly names: readonly string[];
  /** The statements that compute them, from what an input is called, and of which values the results of operations are rounded. */
  lines(buffer: (name: string) => string, rounds: readonly boolean[]): string[];
}

/** All results at once, or where they need too many buffers, one after another. */
function parts(program: Program, own: readonly string[], shared: readonly string[]): Part[] {
  const whole = partOf(program, program.results);
  if (own.length + shared.length + program.results.length <= MOST_BUFFERS) return [whole];
  return program.results.map((result) => partOf(program, [result]));
}

function partOf({ instructions }: Program, results: readonly number[]): Part {
  const needed = new Set<number>();
  const need = (value: number): void => {
    const instruction = instructions[value];
    if (instruction.kind === "operation") instruction.operands.forEach(need);
    needed.add(value);
  };
  results.forEach(need);
  const order = [...needed].sort((a, b) => a - b); // a value is computed from earlier ones
  return {
    results,
    names: order.flatMap((value) => {
      const instruction = instructions[value];
      return instruction.kind === "input" ? [instruction.name] : [];
    }),
    lines: (buffer, rounds) =>
      order.map((value) => {
        const instruction = instructions[value];
        if (instruction.kind === "input") return `let v${value} = ${buffer(instruction.name)};`;
        if (instruction.kind === "constant") return `let v${value} = f32(${Math.fround(instruction.value)});`;
        const [a, b] = instruction.operands.map((operand) => `v${operand}`);
        const result = code[instruction.operation](a, b);
        return `let v${value} = ${rounds[value] ? `rounded(${result})` : result};`;
      }),
  };
}

const code: Readonly<Record<Operation, (a: string, b: string) => string>> = {
  add: (a, b) => `${a} + ${b}`,
  sub: (a, b) => `${a} - ${b}`,
  mul: (a, b) => `${a} * ${b}`,
  div: (a, b) => `${a} / ${b}`,
  minimum: (a, b) => `min(${a}, ${b})`,
  maximum: (a, b) => `max(${a}, ${b})`,
  sqrt: (a) => `sqrt(${a})`,
  step: (a) => `select(0.0, 1.0, ${a} > 0.0)`,
};
