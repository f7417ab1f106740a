/** Family c: 20 steps of APO, with every remedy that is not in the paper's algorithm switched off. */
import * as tf from "@tensorflow/tfjs";
import {
  adam,
  additive,
  amortize,
  type Batch,
  type Direction,
  gradient,
  momentum,
  paper,
  rmsprop,
  type Tensor,
} from "../../mod.ts";
import { disposeTree } from "../../runtime/tree.ts";
import type { Compare } from "./comparison.ts";
import { onlyKnown } from "./families.ts";
import { compareAll } from "./one_point.ts";
import { type Json, problemOf, ruleOf, toOurs } from "./setting.ts";

function directionOf(base: Json): Direction {
  switch (base.kind) {
    case "sgd":
      return gradient();
    case "momentum":
      return momentum({ decay: base.beta, nesterov: base.nesterov });
    case "rmsprop":
      return rmsprop({ decay: base.rho, epsilon: base.eps });
    case "adam":
      return adam({ decay1: base.b1, decay2: base.b2, epsilon: base.eps });
    default:
      throw new Error(`base rule ${base.kind} is not known here`);
  }
}

export function trajectories(file: Json, compare: Compare): void {
  onlyKnown("file", file, [
    ...["case", "conventions", "description", "base_rules", "metaopt", "model", "X", "T", "theta0"],
    ...["B_indices", "B_prime_indices", "runs"],
  ]);
  for (const run of file.runs) {
    onlyKnown("run", run, [
      ...["rule", "base", "meta", "K", "lr0", "lambda_FSD", "lambda_WSD", "meta_lr", "phi0", "phi_final_order"],
      ...["loss_t", "Q_t_before_meta_update", "phi_t", "phi_frobenius_norms_t", "theta_final", "phi_final"],
    ]);
    trajectory(file, run, compare);
  }
}

function trajectory(file: Json, run: Json, compare: Compare): void {
  const { problem, parameters } = problemOf(file.model, file.X.shape.slice(1));
  const rule = ruleOf(run.rule, run.lr0), entries = rule.entries(parameters);
  const optimizer = amortize({
    problem,
    direction: directionOf(run.base),
    parameterization: rule.parameterization,
    regime: paper({ lambdaFsd: run.lambda_FSD }),
    objective: { lambdaWsd: run.lambda_WSD },
    meta: { optimizer: additive(directionOf(run.meta), { rate: run.meta_lr }), every: run.K, early: 0, search: false },
  });
  const losses: number[] = [], objectives: number[] = [], expectedObjectives: number[] = [];
  let carry = tf.tidy(() => optimizer.init(toOurs(parameters, file.theta0), {}));
  for (let step = 0; step < run.loss_t.length; step++) {
    const { batch, metaBatch } = {
      batch: rows(file, file.B_indices[step]),
      metaBatch: () => rows(file, file.B_prime_indices[step]),
    };
    const result = optimizer.step(carry, { batch, metaBatch }, { step, seed: 0 });
    disposeTree({ ...batch.inputs, targets: batch.targets });
    carry = result.carry;
    losses.push(result.metrics.loss.dataSync()[0]);
    const expected = run.Q_t_before_meta_update[step];
    if (expected !== null) {
      objectives.push(result.metrics.metaObjective.dataSync()[0]);
      expectedObjectives.push(expected);
    }
    disposeTree(result.metrics);
    tf.tidy(() => {
      const phi = carry.state.rule.learner.phi;
      if (run.phi_t) {
        const ours = entries.map(({ name }) => phi[name].dataSync()[0]);
        compare(`phi after ${step}`, ours, [run.phi_t[step]].flat());
      }
      if (run.phi_frobenius_norms_t) {
        const norms = entries.map(({ name }) => tf.norm(phi[name]).dataSync()[0]);
        compare(`norms of phi after ${step}`, norms, run.phi_frobenius_norms_t[step]);
      }
    });
  }
  compare("loss", losses, run.loss_t);
  compare("Q", objectives, expectedObjectives);
  tf.tidy(() => {
    compareAll("theta", carry.params, run.theta_final, parameters, compare);
    const phi = carry.state.rule.learner.phi;
    run.phi_final?.forEach((expected: Json, i: number) =>
      compare(`final ${entries[i].name}`, entries[i].layout.theirs(phi[entries[i].name]), expected)
    );
  });
  disposeTree(carry);
}

/** The examples of a batch. */
function rows(file: Json, indices: number[]): Batch {
  const pick = ({ shape, data }: Json): Tensor => {
    const width = shape.slice(1).reduce((product: number, n: number) => product * n, 1);
    return tf.tensor(indices.flatMap((i) => data.slice(i * width, (i + 1) * width)), [
      indices.length,
      ...shape.slice(1),
    ]);
  };
  const targets = Array.isArray(file.T) ? tf.tensor1d(indices.map((i) => file.T[i]), "int32") : pick(file.T);
  return { inputs: { x: pick(file.X) }, targets };
}
