/**
 * What every optimizer is: fixed-rate, APO, a baseline or your own.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Batch } from "../proximal/problem.ts";
import { allFinite } from "../runtime/all_finite.ts";
import { select } from "../runtime/select.ts";
import type { Tensor, Tensors, Tree } from "../runtime/tensor.ts";
import { cloneTree, disposeTree, flatten } from "../runtime/tree.ts";
import type { Branching } from "./branches.ts";
import type { StepClock } from "./step_clock.ts";

/** All that a training step changes. Tensors only, none of them twice. */
export type Carry<S extends Tree = Tree> = {
  /** θ. */
  readonly params: Tensors;
  /** Running statistics of the model. */
  readonly buffers: Tree;
  /** The optimizer's own. */
  readonly state: S;
};

/** What a step sees of the data. */
export interface Batches {
  /** B. */
  readonly batch: Batch;
  /** Makes B′, an independent batch: the same one each time it is called within a step. */
  metaBatch(): Batch;
}

/** Parameters and buffers that a network is applied with. They belong to the carry. */
export interface Evaluated {
  /** Averages of θ, say. */
  readonly params: Tensors;
  /** Those of the steps: running statistics of a network at θ. `fit` computes them anew for these parameters. */
  readonly buffers: Tree;
}

/** What an optimizer has learned: numbers by name, for logs. */
export type Learned = Readonly<Record<string, number>>;

/** A training method. Make one with {@linkcode defineOptimizer}. */
export interface Optimizer<S extends Tree = Tree> extends Branching {
  /** Starts from these parameters and buffers, which from then on belong to the carry. */
  init(params: Tensors, buffers: Tree): Carry<S>;
  /** Before the first step; may read back from the device. Consumes the carry as {@linkcode step} does. */
  prepare?(carry: Carry<S>, batches: Batches, at: StepClock): Promise<Carry<S>>;
  /**
   * One step. Consumes its carry when it succeeds (a throw disposes of nothing) and returns a new one. `metrics` are scalars that
   * the caller owns; among them are always `loss` (on B, before the step), `refused` and `refusedInARow`.
   */
  step(carry: Carry<S>, batches: Batches, at: StepClock): { carry: Carry<S>; metrics: Tensors };
  /** What to evaluate and to publish, where it is not what is trained. */
  evaluated?(carry: Carry<S>): Evaluated;
  /** What has been learned, for logs. */
  learned?(carry: Carry<S>): Promise<Learned>;
}

/** An {@linkcode Optimizer} before it is guarded: pure functions that need not care for ownership. */
export interface UpdateRule<S extends Tree> extends Branching {
  /** The state at the start; it may be the parameters themselves. */
  init(params: Tensors): S;
  /** As `Optimizer.prepare`, but returns a new state of new tensors and leaves the carry alone. */
  prepare?(carry: Carry<S>, batches: Batches, at: StepClock): Promise<S>;
  /** The step as a pure function: it runs in a `tf.tidy`, and may return tensors of the old carry. `metrics` need `loss`. */
  advance(carry: Carry<S>, batches: Batches, at: StepClock): { carry: Carry<S>; metrics: Tensors };
  /** As `Optimizer.evaluated`. */
  evaluated?(carry: Carry<S>): Evaluated;
  /** As `Optimizer.learned`. */
  learned?(carry: Carry<S>): Promise<Learned>;
}

/** The state of a guarded rule. */
export type Guarded<S extends Tree> = {
  /** The rule's own state. */
  readonly rule: S;
  /** How many steps were refused. */
  readonly refused: Tensor;
  /** How many of them just now, one after another. */
  readonly refusedInARow: Tensor;
};

/** The tensors of a tree that are not those of another: φ between two meta steps need not be looked at again. */
function changed(tree: Tree, before: Tree): Tensors {
  const known = flatten(before);
  return Object.fromEntries(Object.entries(flatten(tree)).filter(([path, tensor]) => tensor !== known[path]));
}

/**
 * Makes an optimizer of an update rule. It takes care of ownership, and it refuses every step that would put a NaN or an
 * infinity into parameters, buffers or state: the whole carry then stays as it was (what a meta step
 * has just learned, too), and the step is counted. This is decided on
 * the device; nothing is read back.
 */
export function defineOptimizer<S extends Tree>(rule: UpdateRule<S>): Optimizer<Guarded<S>> {
  const unguarded = ({ params, buffers, state }: Carry<Guarded<S>>): Carry<S> => ({
    params,
    buffers,
    state: state.rule,
  });
  return {
    init: (params, buffers) => ({
      params,
      buffers,
      state: { rule: tf.tidy(() => cloneTree(rule.init(params))), refused: tf.scalar(0), refusedInARow: tf.scalar(0) },
    }),
    ...rule.prepare && {
      prepare: async (carry, batches, at) => {
        const state = await rule.prepare!(unguarded(carry), batches, at);
        disposeTree(carry.state.rule);
        return { ...carry, state: { ...carry.state, rule: state } };
      },
    },
    step: (carry, batches, at) => {
      const next = tf.tidy(() => {
        const old = unguarded(carry);
        const { carry: proposed, metrics } = rule.advance(old, batches, at);
        const accepted = allFinite(changed(proposed, old));
        const kept = select<Carry<S>>(accepted, proposed, old);
        const refusal = tf.sub(1, tf.cast(accepted, "float32"));
        const refused: Tensor = tf.add(carry.state.refused, refusal);
        const refusedInARow: Tensor = tf.mul(tf.add(carry.state.refusedInARow, 1), refusal);
        return {
          carry: { ...kept, state: { rule: kept.state, refused, refusedInARow } },
          metrics: cloneTree({ ...metrics, refused, refusedInARow }),
        };
      });
      disposeTree(carry);
      return next;
    },
    ...rule.branch && { branch: rule.branch },
    ...rule.evaluated && { evaluated: (carry) => rule.evaluated!(unguarded(carry)) },
    ...rule.learned && { learned: (carry) => rule.learned!(unguarded(carry)) },
  };
}
