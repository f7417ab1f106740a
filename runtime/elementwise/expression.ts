/**
 * Arithmetic on the elements of tensors as data: what a formula computes, before it is known where.
 * @module
 */
import { UserError } from "../errors.ts";
import { isFloat32 } from "../float32.ts";

/** What an {@linkcode Expression} does with its operands. */
export type Operation = "add" | "sub" | "mul" | "div" | "minimum" | "maximum" | "sqrt" | "step";

/** What an expression is made of. */
export type Node =
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "operation"; readonly operation: Operation; readonly operands: readonly Expression[] };

/**
 * One number of a tensor, or what is computed from such numbers, written as tfjs's own chained operations are.
 *
 * Its methods throw a `UserError` for a number that float32 does not have: shaders cannot hold NaN and infinities.
 */
export class Expression {
  /** What it is made of. */
  readonly node: Node;

  /** For the folder's own use: a formula is given its inputs. */
  constructor(node: Node) {
    this.node = node;
  }

  /** this + other */
  add(other: Expression | number): Expression {
    return operation("add", this, other);
  }

  /** this − other */
  sub(other: Expression | number): Expression {
    return operation("sub", this, other);
  }

  /** this · other */
  mul(other: Expression | number): Expression {
    return operation("mul", this, other);
  }

  /** this / other */
  div(other: Expression | number): Expression {
    return operation("div", this, other);
  }

  /** The smaller of the two; of NaN what the backend likes */
  minimum(other: Expression | number): Expression {
    return operation("minimum", this, other);
  }

  /** The larger of the two; of NaN what the backend likes */
  maximum(other: Expression | number): Expression {
    return operation("maximum", this, other);
  }

  /** this² */
  square(): Expression {
    return operation("mul", this, this);
  }

  /** 1 where this > 0, else 0; of NaN what the backend likes */
  step(): Expression {
    return operation("step", this);
  }

  /** √this */
  sqrt(): Expression {
    return operation("sqrt", this);
  }
}

function operation(operation: Operation, ...operands: (Expression | number)[]): Expression {
  const expressions = operands.map((x) => x instanceof Expression ? x : constant(x));
  return new Expression({ kind: "operation", operation, operands: expressions });
}

function constant(value: number): Expression {
  if (!isFloat32(value)) {
    throw new UserError(
      `elementwise: a formula has the constant ${value}; give numbers that float32 has, up to 3.4e38`,
    );
  }
  return new Expression({ kind: "constant", value });
}
