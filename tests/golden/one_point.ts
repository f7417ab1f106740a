/** Families a, b, f: values and meta-gradients of every rule at one point. */
import * as tf from "@tensorflow/tfjs";
import { type Batch, inference, metaObjective, type Problem, type Tensor, type Tensors } from "../../mod.ts";
import { valueAndGradients } from "../../runtime/gradients.ts";
import type { Compare, Recorded } from "./comparison.ts";
import { onlyKnown } from "./families.ts";
import { type Json, type Parameter, problemOf, ruleOf, same, toOurs } from "./setting.ts";

export function onePoint(file: Json, compare: Compare): void {
  onlyKnown("file", file, [
    ...["case", "conventions", "description", "note", "model", "lambda_FSD", "lambda_WSD", "params", "B", "B_prime"],
    ...["logits_B_at_theta", "J_B_at_theta", "grad_J_at_theta", "rules"],
  ]);
  tf.tidy(() => {
    const { problem, parameters } = problemOf(file.model, file.B.x.shape.slice(1));
    const params = toOurs(parameters, file.params);
    const batch = batchOf(file.B), metaBatch = batchOf({ ...file.B_prime, t: file.B.t });
    const gradient = atTheta(problem, params, batch, file, parameters, compare);
    for (const [name, expected] of Object.entries<Json>(file.rules)) {
      onlyKnown(name, expected, ["values", "phi", "dQ_dphi", "u"]);
      const rule = ruleOf(name);
      const entries = rule.entries(parameters);
      const recorded = (values: Json, { index, key }: { index: number; key?: string }): Recorded => {
        const value = Array.isArray(values) ? values[index] : values;
        return typeof value === "number" ? { shape: [1], data: [value] } : key ? value[key] : value;
      };
      const phi = Object.fromEntries(entries.map((e) => [e.name, e.layout.ours(recorded(expected.phi, e))]));
      const q = metaObjective(
        {
          problem,
          parameterization: rule.parameterization,
          lambdas: { lambdaFsd: file.lambda_FSD, lambdaWsd: file.lambda_WSD },
        },
        phi,
        { params, buffers: {}, direction: gradient, batch, metaBatch, mode: inference },
      );
      const { J, FSD, WSD, Q } = expected.values;
      Object.entries({ loss: J, fsd: FSD, wsd: WSD, total: Q }).forEach(([part, value]) =>
        compare(`${name} ${part}`, q.parts[part as "loss"], value)
      );
      const metaGradient = q.pullback(q.gradients.total);
      for (const e of entries) {
        compare(`${name} dQ/d${e.name}`, e.layout.theirs(metaGradient[e.name]), recorded(expected.dQ_dphi, e));
      }
      if (expected.u) compareAll(`${name} u`, q.lookahead, expected.u, parameters, compare);
    }
  });
}

function batchOf({ x, t }: Json): Batch {
  const targets = Array.isArray(t) ? tf.tensor1d(t, "int32") : same.ours(t);
  return { inputs: { x: same.ours(x) }, targets };
}

function atTheta(
  problem: Problem,
  params: Tensors,
  batch: Batch,
  file: Json,
  parameters: Parameter[],
  compare: Compare,
): Tensors {
  const { value, gradients, auxiliary } = valueAndGradients<{ outputs: Tensor }>((at) => {
    const { outputs } = problem.model.apply(at, {}, batch.inputs, inference);
    return { value: problem.output.loss(outputs, batch.targets), auxiliary: { outputs } };
  }, params);
  compare("logits", auxiliary.outputs, file.logits_B_at_theta);
  compare("J", value, file.J_B_at_theta);
  compareAll("gradient", gradients, file.grad_J_at_theta, parameters, compare);
  return gradients;
}

/** Every parameter in the golden layout. */
export function compareAll(
  what: string,
  ours: Tensors,
  theirs: Recorded[],
  parameters: Parameter[],
  compare: Compare,
): void {
  parameters.forEach((p, i) => compare(`${what} ${p.name}`, p.theirs(ours[p.name]), theirs[i]));
}
