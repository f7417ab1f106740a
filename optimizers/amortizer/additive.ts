/**
 * The paper's meta-optimizers: any direction, on ∇_φ Q.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { allFinite } from "../../runtime/all_finite.ts";
import { select } from "../../runtime/select.ts";
import type { Tensors, Tree } from "../../runtime/tensor.ts";
import { flatten, globalNorm, mapTensors } from "../../runtime/tree.ts";
import type { Direction } from "../directions/direction.ts";
import { checkedDirection } from "../check_part.ts";
import { checkScheduled } from "../check_scheduled.ts";
import { type Scheduled, valueAt } from "../schedules.ts";
import type { MetaOptimizer } from "./meta_optimizer.ts";

/** Options of {@linkcode additive}. */
export interface AdditiveOptions {
  /** The meta rate of every group of φ that `groups` does not name. */
  readonly rate: Scheduled;
  /** Meta rates by group (the part of φ's names before the first `/`), such as `{ S: 0.02, A: 0.001, B: 0.001 }`. */
  readonly groups?: Readonly<Record<string, Scheduled>>;
}

/**
 * φ ← φ − rate · direction(∇_φ Q): one algebra on both levels. The paper's rule for learning rates is
 * `additive(rmsprop({ decay: 0.99 }), { rate: 0.1 })`. A Q or gradient that is not finite leaves φ and the state as they were.
 *
 * @throws `UserError` for a direction that lacks a member, and a rate that is negative or no number.
 */
export function additive<S extends Tree>(
  direction: Direction<S>,
  { rate, groups = {} }: AdditiveOptions,
): MetaOptimizer<S> {
  const base = checkedDirection("additive: direction", direction);
  for (const [name, value] of Object.entries({ rate, ...groups })) checkScheduled(`additive: ${name}`, value);
  return {
    ...base.branch && { branch: base.branch },
    init: (phi) => base.init(phi),
    next: (evidence, phi, state) => {
      const gradient = evidence.pullback(evidence.lookaheadGradient);
      const { direction, state: after } = base.next(gradient, state, phi, evidence.at);
      const moved = mapTensors(phi, (x, name) => {
        const groupRate = groups[name.split("/", 1)[0]] ?? rate;
        return tf.sub(x, tf.mul(direction[name], valueAt(groupRate, evidence.step)));
      });
      const finite = tf.logicalAnd(evidence.finite, allFinite(flatten({ gradient, moved, after })));
      const kept = select<{ phi: Tensors; state: S }>(finite, { phi: moved, state: after }, { phi, state });
      return { ...kept, gradientNorm: globalNorm(gradient), finite };
    },
  };
}
