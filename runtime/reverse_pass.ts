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
  const names = Object.keys(params), leaves = Object.values(params);
  if (names.length === 0) {
    throw new UserError("a gradient is to be taken, but there are no parameters; give one at least");
  }
  try {
    const allowNone = true; // or tfjs throws where a parameter is not used, and does not say which
    const forward = (): Tensor => {
      const value = checked(f(params), w), { gradientDepth, activeTape } = tapeState();
      if (gradientDepth === 1) releaseEarly(activeTape ?? []); // deeper, the way back is differentiated itself
      return value;
    };
    const lossScale = lossScaleNow(), seed = lossScale ? inFloat32(() => tf.mul(w ?? 1, lossScale)) : w;
    const { value, grads } = inPart("passes", () => tf.engine().gradients(forward, leaves, seed, allowNone));
    const unused = names.filter((_, i) => grads[i] == null);
    if (unused.length === names.length) {
      throw new UserError(
        `the value whose gradient is taken depends on none of the parameters (${listed(names)}); compute it from the ` +
          "parameters that the function is given, by tfjs's operations alone",
      );
    }
    const found = Object.fromEntries(names.map((name, i) => [name, grads[i] ?? tf.zerosLike(params[name])]));
    return { value, gradients: unscaled(found), unused };
  } catch (error) {
    releaseTape();
    throw error;
  }
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

/** The part of tfjs's state that is about gradients. */
interface TapeState {
  readonly gradientDepth: number;
  activeTape?: TapeNode[] | null;
}

const tapeState = (): TapeState => tf.engine().state as unknown as TapeState;

/** tfjs frees what it saved for a backward pass only after one: without this, a function that throws leaks its activations. */
function releaseTape(): void {
  const state = tapeState();
  if (state.gradientDepth !== 0) return;
  for (const node of state.activeTape ?? []) node.saved?.forEach((tensor) => tensor.dispose());
  state.activeTape = null;
}
