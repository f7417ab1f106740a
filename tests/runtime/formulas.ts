/** Random formulas, and arrays to compute them for. */
import fc from "fast-check";
import type { Expression } from "../../runtime/elementwise/expression.ts";

export type Inputs = Readonly<Record<string, Expression>>;

/** Formulas in three inputs, two of them arrays: random trees of these operations, some nodes used twice. */
const formulasOf = (
  binary: readonly string[],
  unary: readonly string[],
  constants: fc.Arbitrary<number>,
): fc.Arbitrary<(inputs: Inputs) => Expression> =>
  fc.letrec((tie) => ({
    node: fc.oneof({ depthSize: "medium" }, tie("leaf"), tie("binary"), tie("unary")),
    leaf: fc.constantFrom("x", "y", "s").map((name) => (inputs: Inputs) => inputs[name]),
    binary: fc.tuple(fc.constantFrom(...binary), tie("node"), fc.oneof(tie("node"), constants))
      .map(([operation, a, b]) => (inputs: Inputs) => {
        const left = (a as (inputs: Inputs) => Expression)(inputs);
        const right = typeof b === "number" ? b : (b as (inputs: Inputs) => Expression)(inputs);
        return left[operation as "add"](right);
      }),
    unary: fc.tuple(fc.constantFrom(...unary), tie("node"))
      .map(([operation, a]) => (inputs: Inputs) =>
        (a as (inputs: Inputs) => Expression)(inputs)[operation as "sqrt"]()
      ),
  })).node as fc.Arbitrary<(inputs: Inputs) => Expression>;

export const arithmetic = formulasOf(
  ["add", "sub", "mul", "div"],
  ["sqrt", "square"],
  fc.float({ noNaN: true, noDefaultInfinity: true }),
);
/** Without NaN, of which the smaller and the larger are what the backend likes, as is the sign of a zero. */
export const ordered = formulasOf(
  ["add", "sub", "minimum", "maximum"],
  ["step"],
  fc.float({ noNaN: true, min: -8, max: 8 }),
);

export const wave = (size: number, phase: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(i * 1.37 + phase) * 3);

/** NaN with any payload is NaN; −0 is not 0. */
export const bits = (values: ArrayLike<number>) => Array.from(values, (x) => Object.is(x, -0) ? "-0" : `${x}`);
