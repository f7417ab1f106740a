/**
 * A formula as a list of instructions: what every backend's compiler reads.
 * @module
 */
import type { Format } from "../precision/format.ts";
import { Expression, type Operation } from "./expression.ts";

/** Computes value number i, i being its place in the list, from values before it. */
export type Instruction =
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "operation"; readonly operation: Operation; readonly operands: readonly number[] };

/** What is computed for each element. */
export interface Program {
  /** Each value once, however often it is used. */
  readonly instructions: readonly Instruction[];
  /** The names of the inputs, in the order of their first use. */
  readonly inputs: readonly string[];
  /** Which values are wanted, each once. */
  readonly results: readonly number[];
  /** By name, which of the results it is. */
  readonly outputs: Readonly<Record<string, number>>;
  /** Equal for equal programs. */
  readonly key: string;
}

/**
 * For each value whether it is computed for each element: it is not where only constants and such inputs go into it as are one
 * number for all.
 */
export function varying({ instructions }: Program, shared: readonly string[]): boolean[] {
  const varies: boolean[] = [];
  for (const instruction of instructions) {
    const { kind } = instruction;
    if (kind === "operation") varies.push(instruction.operands.some((operand) => varies[operand]));
    else varies.push(kind === "input" && !shared.includes(instruction.name));
  }
  return varies;
}

/** What the kernel of a formula is called with beside its tensors. */
export interface ElementwiseAttributes {
  /** The formula. */
  readonly program: Program;
  /** The inputs that are one number for all tensors. */
  readonly shared: readonly string[];
  /** How many tensors there are of each of the others. */
  readonly count: number;
  /**
   * What the result of every operation is rounded to, as if each were a kernel whose result is; inputs and constants are not. Nothing is
   * rounded for tensors of one element, nor what is computed of constants and shared inputs alone. Default: nothing is rounded.
   */
  readonly format?: Format;
}

/** A formula: from one element of each input to one element of each output. */
export type Formula<Output extends string> = (
  inputs: Readonly<Record<string, Expression>>,
) => Readonly<Record<Output, Expression>>;

/** JSON writes −0 as 0. */
const distinct = (_: string, x: unknown): unknown => Object.is(x, -0) ? "-0" : x;

/** Lists what a formula computes. The inputs are those that it asks for. */
export function program<Output extends string>(formula: Formula<Output>): Program {
  const instructions: Instruction[] = [], inputs: string[] = [];
  const numbers = new Map<string, number>(); // equal instructions are one
  const seen = new Map<Expression, number>();
  const append = (instruction: Instruction): number => {
    const key = JSON.stringify(instruction, distinct);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, instructions.length);
    return instructions.push(instruction) - 1;
  };
  const number = (expression: Expression): number => {
    const known = seen.get(expression);
    if (known !== undefined) return known;
    const { node } = expression;
    const at = append(node.kind === "operation" ? { ...node, operands: node.operands.map(number) } : node);
    seen.set(expression, at);
    return at;
  };
  const given = new Proxy<Record<string, Expression>>({}, {
    get: (_, name) => {
      if (!inputs.includes(String(name))) inputs.push(String(name));
      return new Expression({ kind: "input", name: String(name) });
    },
  });
  const values = Object.entries<Expression>(formula(given)).map(([name, x]) => [name, number(x)] as const);
  const results = [...new Set(values.map(([, value]) => value))];
  const outputs = Object.fromEntries(values.map(([name, value]) => [name, results.indexOf(value)]));
  return { instructions, inputs, results, outputs, key: JSON.stringify({ instructions, inputs, results }, distinct) };
}
