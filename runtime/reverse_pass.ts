/**
 * tfjs's reverse derivatives, of functions that need not use every parameter.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { releaseEarly, type TapeNode } from "./early_release.ts";
import { UserError } from "./errors.ts";
import { inFloat32, inPart, lossScaleNow } from "./precision/scope.ts";
import { unscaled } from "./precision/unscaled.ts";
import type { Tensor, Tensors } from "./tensor.ts";

/** What {@linkcode reversePass} returns. */
export interface ReversePass {
  /** f(θ). */
  readonly value: Tensor;
  /** Jᵀ w by parameter name. */
  readonly gradients: Tensors;
  /** The parameters that f(θ) does not depend on: their gradients are 0. */
  readonly unused: readonly string[];
}

/**
 * f(θ) and Jᵀ w. Call it inside `tf.tidy`.
 *
 * @param w Of the shape of f(θ). Without it f(θ) is a scalar and w is 1.
 * @throws `UserError` if f(θ) depends on no parameter, or is no scalar where w is not given.
 */
export function reversePass(f: (params: Tensors) => Tensor, params: Tensors, w?: Tensor): ReversePass {
  return passesBack((at) => [f(at)], params, w)[0];
}

/**
 * Several scalars that are computed together, in one pass forward, each with a pass back of its own. Call it inside `tf.tidy` and outside of
 * other gradients.
 *
 * @throws `UserError` as {@linkcode reversePass}.
 */
export function reversePasses(f: (params: Tensors) => readonly Tensor[], params: Tensors): ReversePass[] {
  return passesBack(f, params);
}

/** The part of tfjs's engine that is about gradients. */
interface Engine {
  readonly state: { readonly gradientDepth: number; activeTape?: TapeNode[] | null };
  startTape(): void;
  endTape(): void;
  gradients(
    f: () => Tensor,
    leaves: Tensor[],
    seed: Tensor | undefined,
    allowNone: boolean,
  ): { value: Tensor; grads: (Tensor | null | undefined)[] };
}

const engineNow = (): Engine => tf.engine() as unknown as Engine;

function passesBack(f: (params: Tensors) => readonly Tensor[], params: Tensors, w?: Tensor): ReversePass[] {
  const names = Object.keys(params), leaves = Object.values(params), { state } = engineNow();
  if (names.length === 0) {
    throw new UserError("a gradient is to be taken, but there are no parameters; give one at least");
  }
  let tape: readonly TapeNode[] = [];
  try {
    const values = inPart("passes", () => recorded(() => f(params).map((value) => checked(value, w))));
    tape = state.activeTape ?? [];
    return values.map((value, i) => {
      const { grads } = inPart("passes", () => {
        const lossScale = lossScaleNow(), seed = lossScale ? inFloat32(() => tf.mul(w ?? 1, lossScale)) : w;
        const allowNone = true; // or tfjs throws where a parameter is not used, and does not say which
        return engineNow().gradients(() => taped(value, tape, i < values.length - 1), leaves, seed, allowNone);
      });
      const unused = names.filter((_, i) => grads[i] == null);
      if (unused.length === names.length) {
        throw new UserError(
          `the value whose gradient is taken depends on none of the parameters (${
            listed(names)
          }); compute it from the ` +
            "parameters that the function is given, by tfjs's operations alone",
        );
      }
      const found = Object.fromEntries(names.map((name, i) => [name, grads[i] ?? tf.zerosLike(params[name])]));
      return { value, gradients: unscaled(found), unused };
    });
  } catch (error) {
    release(tape);
    throw error;
  }
}

/** Runs a function with what it does on the tape. */
function recorded(run: () => Tensor[]): Tensor[] {
  const engine = engineNow();
  engine.startTape();
  try {
    return tf.tidy(run);
  } finally {
    engine.endTape();
  }
}

/**
 * A value whose way back is to be gone now, with the tape that leads to it.
 *
 * @param again Whether another way back comes later: then this one frees nothing that was saved.
 */
function taped(value: Tensor, tape: readonly TapeNode[], again: boolean): Tensor {
  const { state } = engineNow();
  if (state.gradientDepth > 1) return value; // the way back is differentiated itself, and the tape goes on
  state.activeTape = tape.map((node) => again ? lasting(node) : { ...node });
  releaseEarly(state.activeTape);
  return value;
}

/** The node, with what it saved left for another way back: tfjs would free it where it is a gradient itself. */
function lasting({ gradient, saved = [], ...node }: TapeNode): TapeNode {
  if (!gradient) return { ...node, saved: [] };
  const cloned = (of: () => Tensor) => () => {
    const tensor = of();
    return saved.includes(tensor) ? tensor.clone() : tensor;
  };
  const found = (slopes: Parameters<typeof gradient>[0]) =>
    Object.fromEntries(Object.entries(gradient(slopes)).map(([name, of]) => [name, cloned(of)]));
  return { ...node, saved: [], gradient: found };
}

/** tfjs would take the gradient of the sum of all elements without a word. */
function checked(value: Tensor, w?: Tensor): Tensor {
  if (!(value instanceof tf.Tensor)) {
    throw new UserError(`the value whose gradient is taken is ${typeof value}, not a tensor; return a scalar tensor`);
  }
  const shape = w?.shape ?? [];
  if (tf.util.arraysEqual(value.shape, shape)) return value;
  throw new UserError(
    `the value whose gradient is taken has the shape [${value.shape}]; return ` +
      (w ? `one of the shape [${shape}]` : "a scalar, such as the mean over examples"),
  );
}

const listed = (names: readonly string[]): string => names.slice(0, 3).join(", ") + (names.length > 3 ? ", …" : "");

/** tfjs frees what it saved for a backward pass only after one: without this, a function that throws leaks its activations. */
function release(tape: readonly TapeNode[]): void {
  const { state } = engineNow();
  if (state.gradientDepth !== 0) return;
  for (const node of [...tape, ...state.activeTape ?? []]) node.saved?.forEach((tensor) => tensor.dispose());
  state.activeTape = null;
}
