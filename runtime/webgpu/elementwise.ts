/**
 * Formulas on the elements of tensors, on WebGPU: a dispatch for each result instead of one for each operation.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Operation } from "../elementwise/expression.ts";
import type { Program } from "../elementwise/program.ts";
import type { KernelCall } from "./kernel_call.ts";

const WORKGROUP = 128, MOST_WORKGROUPS = 65535; // along one axis, which WebGPU promises

/** What tfjs's backend runs: its `WebGPUProgram`. */
interface Shader {
  readonly variableNames: string[];
  readonly outputShape: number[];
  readonly workgroupSize: [number, number, number];
  readonly dispatchLayout: { x: number[] };
  readonly dispatch: [number, number, number];
  readonly size: true;
  readonly shaderKey: string;
  getUserCode(): string;
}

interface Backend {
  runWebGPUProgram(shader: Shader, inputs: tf.TensorInfo[], dtype: "float32"): tf.TensorInfo;
}

/** The results, in the program's order. */
export function elementwise({ inputs, backend, attrs }: KernelCall): tf.TensorInfo[] {
  const { program, shared } = attrs as unknown as { program: Program; shared: string[] };
  const given = inputs as Record<string, tf.TensorInfo>;
  const { shape } = given[program.inputs.find((name) => !shared.includes(name))!];
  const size = tf.util.sizeFromShape(shape), groups = Math.ceil(size / WORKGROUP);
  const side = groups <= MOST_WORKGROUPS ? groups : Math.ceil(Math.sqrt(groups));
  return program.results.map((result) => {
    const { names, text } = shaderOf(program, result, shared);
    const shader: Shader = {
      variableNames: names.map((_, i) => `input${i}`),
      outputShape: shape,
      workgroupSize: [WORKGROUP, 1, 1],
      dispatchLayout: { x: shape.map((_, i) => i) },
      dispatch: [side, Math.ceil(groups / side), 1],
      size: true,
      shaderKey: `elementwise ${text}`,
      getUserCode: () => text,
    };
    return (backend as Backend).runWebGPUProgram(shader, names.map((name) => given[name]), "float32");
  });
}

const code: Readonly<Record<Operation, (a: string, b: string) => string>> = {
  add: (a, b) => `${a} + ${b}`,
  sub: (a, b) => `${a} - ${b}`,
  mul: (a, b) => `${a} * ${b}`,
  div: (a, b) => `${a} / ${b}`,
  sqrt: (a) => `sqrt(${a})`,
  step: (a) => `select(0.0, 1.0, ${a} > 0.0)`,
};

/** The code that computes one value of a program, and the inputs that it needs, in the order of its variables. */
function shaderOf({ instructions }: Program, result: number, shared: readonly string[]) {
  const names: string[] = [], lines: string[] = [], done = new Set<number>();
  const compute = (value: number): string => {
    const name = `v${value}`, instruction = instructions[value];
    if (done.has(value)) return name;
    done.add(value);
    if (instruction.kind === "operation") {
      const [a, b] = instruction.operands.map(compute);
      lines.push(`let ${name} = ${code[instruction.operation](a, b)};`);
    } else if (instruction.kind === "constant") lines.push(`let ${name} = f32(${Math.fround(instruction.value)});`);
    else {
      const place = shared.includes(instruction.name) ? "0" : "index";
      lines.push(`let ${name} = input${names.push(instruction.name) - 1}[${place}];`);
    }
    return name;
  };
  const value = compute(result);
  const text = `fn main(index : i32) {
    if (index < uniforms.size) {
      ${lines.join("\n      ")}
      setOutputAtIndex(index, ${value});
    }
  }`;
  return { names, text };
}
