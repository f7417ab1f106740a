/** Family g: the meta-objective through BatchNorm, and the running statistics, which move once a step. */
import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  additive,
  amortize,
  gradient,
  inference,
  metaObjective,
  type Model,
  paper,
  type Problem,
  rmsprop,
  scalarRate,
  softmax,
  type Tensor,
  type Tensors,
} from "../../mod.ts";
import { valueAndGradients } from "../../runtime/gradients.ts";
import { disposeTree } from "../../runtime/tree.ts";
import type { Compare } from "./comparison.ts";
import { onlyKnown } from "./families.ts";
import { compareArrays, integers, tensorsOf, training } from "./module_pass.ts";
import { networkOf } from "./network_of.ts";
import { type Json, same } from "./setting.ts";

const parameterization = scalarRate();

export async function apoBatchNorm(file: Json, compare: Compare): Promise<void> {
  for (const each of file.cases) {
    onlyKnown(each.name, each, [
      ...["name", "network", "momentum", "epsilon", "eta", "lambda_FSD", "lambda_WSD", "B", "B_prime", "theta"],
      ...["running_before", "J_B_at_theta", "logits_B_at_theta", "gradient_at_theta", "running_after_the_step", "u"],
      ...["values", "logits_B_prime_at_u", "logits_B_prime_at_theta", "dQ_dlog_eta", "dQ_deta", "trajectory"],
    ]);
    const problem = { model: networkOf(each, each.B.x.shape.slice(1)), output: softmax() };
    assertEquals(Object.keys(problem.model.leaves), Object.keys(each.theta));
    await onePoint(problem, each, compare);
    await trajectory(problem, each, compare);
  }
}

async function onePoint(problem: Problem, each: Json, compare: Compare): Promise<void> {
  const { eta, lambda_FSD: lambdaFsd, lambda_WSD: lambdaWsd, values, name } = each, { model } = problem;
  onlyKnown("values", values, ["J", "FSD", "WSD", "Q"]);
  const { gradient, running, u, ...numbers } = tf.tidy(() => {
    const params = tensorsOf(each.theta), buffers = tensorsOf(each.running_before);
    const batch = { inputs: { x: same.ours(each.B.x) }, targets: integers(each.B.labels) };
    const metaBatch = { inputs: { x: same.ours(each.B_prime.x) }, targets: integers([]) };
    const { value, gradients, auxiliary } = valueAndGradients<{ logits: Tensor; buffers: Tensors }>((at) => {
      const { outputs, buffers: after } = model.apply(at, buffers, batch.inputs, training);
      return {
        value: problem.output.loss(outputs, batch.targets),
        auxiliary: { logits: outputs, buffers: after as Tensors },
      };
    }, params);
    const q = metaObjective(
      { problem, parameterization, lambdas: { lambdaFsd, lambdaWsd } },
      { rate: tf.scalar(Math.log(eta)) },
      { params, buffers, direction: gradients, batch, metaBatch, mode: training },
    );
    const slope = q.pullback(q.gradients.total).rate;
    return {
      ...{ gradient: gradients, running: auxiliary.buffers, u: q.lookahead, logits: auxiliary.logits, value, slope },
      ...{ J: q.parts.loss, FSD: q.parts.fsd, WSD: q.parts.wsd, Q: q.parts.total, slopeInEta: tf.div(slope, eta) },
      ...{ outputs: q.outputs, reference: q.reference },
    };
  });
  await compareArrays(compare, `${name}, gradient`, gradient, each.gradient_at_theta);
  await compareArrays(compare, `${name}, running`, running, each.running_after_the_step);
  await compareArrays(compare, `${name}, u`, u, each.u);
  await compareArrays(compare, name, numbers, {
    ...{ ...values, value: each.J_B_at_theta, logits: each.logits_B_at_theta, outputs: each.logits_B_prime_at_u },
    ...{ reference: each.logits_B_prime_at_theta, slope: each.dQ_dlog_eta, slopeInEta: each.dQ_deta },
  });
}

/** The file's tolerance for trajectories, as family c's. */
const TOLERANCE = 1e-3;

async function trajectory(problem: Problem, each: Json, compare: Compare): Promise<void> {
  const run = each.trajectory, { model } = problem;
  onlyKnown("trajectory", run, [
    ...["K", "meta_rate", "meta_decay", "meta_epsilon", "X", "labels", "B_indices", "B_prime_indices", "loss_t"],
    ...["phi_t", "running_t", "evaluation_examples", "logits_in_evaluation_at_the_end"],
  ]);
  const meta = additive(rmsprop({ decay: run.meta_decay, epsilon: run.meta_epsilon }), { rate: run.meta_rate });
  const optimizer = amortize({
    problem,
    direction: gradient(),
    parameterization: scalarRate({ learningRate: each.eta }),
    regime: paper({ lambdaFsd: each.lambda_FSD }),
    objective: { lambdaWsd: each.lambda_WSD },
    meta: { optimizer: meta, every: run.K, early: 0, search: false },
  });
  const X = same.ours(run.X), labels = integers(run.labels);
  const rows = (indices: number[]) => ({
    inputs: { x: tf.gather(X, indices) },
    targets: tf.gather(labels, indices),
  });
  let carry = tf.tidy(() => optimizer.init(tensorsOf(each.theta), tensorsOf(each.running_before)));
  const losses: number[] = [], rates: number[] = [], running: number[] = [];
  for (const [step, indices] of run.B_indices.entries()) {
    const batch = rows(indices);
    const metaBatch = () => rows(run.B_prime_indices[step]);
    const result = optimizer.step(carry, { batch, metaBatch }, { step, seed: 0 });
    carry = result.carry;
    losses.push(...await result.metrics.loss.data());
    rates.push(...await carry.state.rule.learner.phi.rate.data());
    for (const statistic of ["mean", "variance"]) {
      for (const [path, value] of Object.entries(carry.buffers as Tensors)) {
        if (path.endsWith(`/${statistic}`)) running.push(...await value.data());
      }
    }
    disposeTree({ ...batch.inputs, targets: batch.targets });
    disposeTree(result.metrics);
  }
  compare(`${each.name}, losses`, losses, run.loss_t, TOLERANCE);
  compare(`${each.name}, log η`, rates, run.phi_t, TOLERANCE);
  compare(`${each.name}, running statistics`, running, run.running_t, TOLERANCE);
  await compareArrays(
    compare,
    `${each.name}, evaluation`,
    { logits: evaluated(model, carry.params, carry.buffers as Tensors, tf.gather(X, run.evaluation_examples)) },
    { logits: run.logits_in_evaluation_at_the_end },
    TOLERANCE,
  );
  disposeTree(carry);
  tf.dispose([X, labels]);
}

/** Of examples that are disposed of. */
function evaluated(model: Model, params: Tensors, buffers: Tensors, x: Tensor): Tensor {
  const outputs = tf.tidy(() => model.apply(params, buffers, { x }, inference).outputs);
  x.dispose();
  return outputs;
}
