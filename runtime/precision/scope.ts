/**
 * In which arithmetic operations are done: float32, or a narrower format that their results are rounded to.
 * @module
 */
import type { Tensor } from "../tensor.ts";
import type { Format } from "./format.ts";

/**
 * Of which part of a training step an operation is: passes forward and back; the update of the parameters with the direction's state;
 * statistics and factors of structured preconditioners; their inverses, roots and bases; and what learns a rate.
 */
export type Part = "passes" | "update" | "factors" | "inverses" | "meta";

/** The formats of a training step. An absent one is float32. */
export interface Arithmetic {
  /** Of the results of every operation, by the part that it belongs to. */
  readonly results: Readonly<Partial<Record<Part, Format>>>;
  /** Whether products and convolutions sum up in that format, too, and not in float32. Default: false. */
  readonly sums?: boolean;
  /** Of the parameters after a step. Rounded at random where `stochastic`, by a mean that is right, else to the nearest. */
  readonly weights?: { readonly format: Format; readonly stochastic: boolean };
  /** Of operands and results of matrix products and convolutions in passes, where those alone are narrow. */
  readonly products?: Format;
  /** Whether the device computes these products in float16 itself. Default: false, they are rounded. */
  readonly halves?: boolean;
}

/** What holds while a function runs. */
interface Scope {
  readonly arithmetic: Arithmetic;
  readonly part: Part;
  readonly lossScale?: Tensor;
}

let scope: Scope | undefined;

/** Runs a function whose operations belong to a part of a step in this arithmetic. It must not be asynchronous. */
export function computedIn<T>(
  arithmetic: Arithmetic,
  part: Part,
  f: () => T,
  lossScale: Tensor | undefined = scope?.lossScale,
): T {
  return within({ arithmetic, part, lossScale }, f);
}

/** Runs a function whose operations belong to another part of the same step, if the step has an arithmetic of its own. */
export function inPart<T>(part: Part, f: () => T): T {
  return scope === undefined || scope.part === part ? f() : within({ ...scope, part }, f);
}

/** The format that results are rounded to now; undefined for float32. */
export function formatNow(): Format | undefined {
  return scope?.arithmetic.results[scope.part];
}

/** The format that products and convolutions sum up in now; undefined for float32. */
export function sumsNow(): Format | undefined {
  return scope?.arithmetic.sums ? formatNow() : undefined;
}

/** The format of operands and results of products now, where those alone are narrow. */
export function productsNow(): Format | undefined {
  return scope?.part === "passes" ? scope.arithmetic.products : undefined;
}

/** Whether the device is to compute products in float16 itself. */
export function halvesNow(): boolean {
  return productsNow() !== undefined && scope!.arithmetic.halves === true;
}

/** Whether an arithmetic holds now that is not float32 throughout. */
export function isNarrowNow(): boolean {
  return scope !== undefined;
}

/** How parameters are stored after a step. */
export function weightsNow(): Arithmetic["weights"] {
  return scope?.arithmetic.weights;
}

/** Runs a function whose operations are done in float32, whatever the part. */
export function inFloat32<T>(f: () => T): T {
  return scope === undefined ? f() : within({ arithmetic: { results: {} }, part: scope.part }, f);
}

/** What a loss is multiplied by before its gradient is taken, a scalar: so that small gradients do not become 0 on the way. */
export function lossScaleNow(): Tensor | undefined {
  return scope?.lossScale;
}

function within<T>(inner: Scope, f: () => T): T {
  const outer = scope;
  scope = inner;
  try {
    return f();
  } finally {
    scope = outer;
  }
}
