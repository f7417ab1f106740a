/**
 * What every optimizer is: fixed-rate, APO, a baseline or your own.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { checkProblem } from "../proximal/check_problem.ts";
import type { Batch, Problem } from "../proximal/problem.ts";
import { allFinite } from "../runtime/all_finite.ts";
import { UserError } from "../runtime/errors.ts";
import { requireMembers } from "../runtime/require_members.ts";
import { select } from "../runtime/select.ts";
import type { Tensor, Tensors, Tree } from "../runtime/tensor.ts";
import { cloneTree, disposeTree, flatten } from "../runtime/tree.ts";
import type { Branching } from "./branches.ts";
import type { Arithmetic } from "../runtime/precision/scope.ts";
import { narrowWeights } from "./precision/narrow_weights.ts";
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
  /** What it minimizes, where it is made for one problem; `fit` refuses to train another one with it. */
  readonly problem?: Problem;
  /** In which arithmetic its steps are, where `narrowOptimizer` made it; `fit` asks for a problem of the same. Default: float32. */
  readonly arithmetic?: Arithmetic;
  /**
   * Starts from these parameters and buffers, which from then on belong to the carry.
   *
   * @throws `UserError` unless there are parameters, all of them float32 tensors with elements and none of them twice.
   */
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
  /** As `Optimizer.problem`. */
  readonly problem?: Problem;
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

/**
 * The tensors of a tree whose data are not those that another holds in the same place: φ between two meta steps need not be looked at
 * again, and a constant buffer, which passes return as it is or as a clone, may hold the −∞ of a mask.
 */
function changed(tree: Tree, before: Tree): Tensors {
  const known = flatten(before);
  return Object.fromEntries(Object.entries(flatten(tree)).filter(([path, x]) => x.dataId !== known[path]?.dataId));
}

/** @throws `UserError`, with the name, for parameters that no rule can train. */
function checkParameters(params: Tensors): void {
  const entries = Object.entries(params), owners = new Map<Tensor, string>();
  if (entries.length === 0) {
    throw new UserError("the model has no parameters, so there is nothing to train; give it some");
  }
  for (const [name, x] of entries) {
    if (!(x instanceof tf.Tensor) || x.dtype !== "float32") {
      const what = x instanceof tf.Tensor ? `a tensor of ${x.dtype}` : "not a tensor";
      throw new UserError(`the parameter "${name}" is ${what}; give a float32 tensor`);
    }
    if (x.size === 0) {
      throw new UserError(`the parameter "${name}" has the shape [${x.shape}], without an element; give sides from 1`);
    }
    const owner = owners.get(x);
    if (owner !== undefined) {
      throw new UserError(
        `the parameters "${owner}" and "${name}" are one tensor; give each its own, such as x.clone()`,
      );
    }
    owners.set(x, name);
  }
}

/**
 * Makes an optimizer of an update rule. It takes care of ownership, and it refuses every step that would put a NaN or an
 * infinity into parameters, buffers or state: the whole carry then stays as it was (what a meta step
 * has just learned, too), and the step is counted. This is decided on
 * the device; nothing is read back.
 *
 * @throws `UserError` for a rule without `init` or `advance`, or a problem that lacks a part.
 */
export function defineOptimizer<S extends Tree>(rule: UpdateRule<S>): Optimizer<Guarded<S>> {
  requireMembers("rule", rule, { init: "function", advance: "function" }, "give { init, advance } to defineOptimizer");
  if (rule.problem) checkProblem(rule.problem);
  const unguarded = ({ params, buffers, state }: Carry<Guarded<S>>): Carry<S> => ({
    params,
    buffers,
    state: state.rule,
  });
  return {
    ...rule.problem && { problem: rule.problem },
    init: (params, buffers) => {
      checkParameters(params);
      const state = tf.tidy(() => cloneTree(rule.init(params)));
      return { params, buffers, state: { rule: state, refused: tf.scalar(0), refusedInARow: tf.scalar(0) } };
    },
    ...rule.prepare && {
      prepare: async (carry, batches, at) => {
        const state = await rule.prepare!(unguarded(carry), batches, at);
        disposeTree(carry.state.rule);
        return { ...carry, state: { ...carry.state, rule: state } };
      },
    },
    step: (before, batches, at) => {
      const next = tf.tidy(() => {
        const old = unguarded(before);
        const { carry, metrics } = rule.advance(old, batches, at), proposed = narrowWeights(carry, at);
        const accepted = allFinite(changed(proposed, old));
        const kept = select<Carry<S>>(accepted, proposed, old);
        const refusal = tf.sub(1, tf.cast(accepted, "float32"));
        const refused: Tensor = tf.add(before.state.refused, refusal);
        const refusedInARow: Tensor = tf.mul(tf.add(before.state.refusedInARow, 1), refusal);
        return {
          carry: { ...kept, state: { rule: kept.state, refused, refusedInARow } },
          metrics: cloneTree({ ...metrics, refused, refusedInARow }),
        };
      });
      disposeTree(before);
      return next;
    },
    ...rule.branch && { branch: rule.branch },
    ...rule.evaluated && { evaluated: (carry) => rule.evaluated!(unguarded(carry)) },
    ...rule.learned && { learned: (carry) => rule.learned!(unguarded(carry)) },
  };
}
