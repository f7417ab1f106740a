/**
 * Gradient descent on a meta-objective, watched.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor, Tensors } from "../../../mod.ts";

/** How far an experiment's preconditioner was from what the theorem says, while it was learned. */
export interface Course {
  /** What was compared, in a few words. */
  readonly name: string;
  /** Iterations done, and the relative error there. */
  readonly points: readonly { readonly step: number; readonly value: number }[];
}

/** Options of {@linkcode descend}. */
export interface DescentOptions {
  readonly name: string;
  /** What is learned; `descend` takes it. */
  readonly start: Tensors;
  /** The gradient of the meta-objective. */
  gradient(at: Tensors): Tensors;
  /** ‖P − P*‖/‖P*‖ in a norm that the experiment says: a scalar. */
  error(at: Tensors): Tensor;
  readonly rate: number;
  /** Of a heavy ball. Default: 0, which is plain gradient descent. */
  readonly momentum?: number;
  readonly steps: number;
}

const MEASUREMENTS = 60;

/** Heavy-ball gradient descent. Gives the error's course; frees all tensors. */
export function descend({ name, start, gradient, error, rate, momentum = 0, steps }: DescentOptions): Course {
  let at = start, velocity = tf.tidy(() => each(start, (x) => tf.zerosLike(x)));
  const points: { step: number; value: number }[] = [];
  for (let step = 0; step <= steps; step++) {
    if (step % Math.ceil(steps / MEASUREMENTS) === 0 || step === steps) {
      points.push({ step, value: tf.tidy(() => error(at).dataSync()[0]) });
    }
    const next = tf.tidy(() => {
      const slope = gradient(at);
      const v = each(velocity, (old, key) => tf.sub(tf.mul(old, momentum), tf.mul(slope[key], rate)));
      return { at: each(at, (x, key) => tf.add(x, v[key])), velocity: v };
    });
    tf.dispose([at, velocity]);
    ({ at, velocity } = next);
  }
  tf.dispose([at, velocity]);
  return { name, points };
}

const each = (tensors: Tensors, f: (x: Tensor, key: string) => Tensor): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([key, x]) => [key, f(x, key)]));

/** ‖a − b‖/‖b‖. */
export function relativeError(a: Tensor, b: Tensor): Tensor {
  return tf.div(tf.norm(tf.sub(a, b)), tf.norm(b));
}
