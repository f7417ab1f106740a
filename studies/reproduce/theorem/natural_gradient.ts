/**
 * The theorem for ρ = KL: softmax regression, its own gradients, and natural gradient.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  type Batch,
  crossEntropy,
  denseMatrix,
  gaussNewton,
  inference,
  linear,
  objectiveGradients,
  softmax,
  type Tensor,
  valueAndGradients,
} from "../../../mod.ts";
import { flat, unflat } from "../../../optimizers/curvature/curvature.ts";
import { inverse } from "../../../runtime/linear_algebra/inverse.ts";
import { random, randomTensor } from "../../../runtime/random.ts";
import { type Course, descend, relativeError } from "./descent.ts";

const EXAMPLES = 24, INPUTS = 2, CLASSES = 3, MINIBATCHES = 12, STEPS = 400;
const LAMBDA = 1e4; // large: steps are then small, and KL is quadratic along them
const DAMPING = 0.05; // λ_WSD/λ_FSD

/**
 * Learns a free P on the meta-objective with the loss linearised and the real KL, in the expectation over the gradients of some
 * minibatches, and compares P g with the damped natural gradient (λ_FSD F + λ_WSD I)⁻¹ g on those gradients: what P does
 * elsewhere, no gradient tells it.
 */
export function naturalGradientByKl({ seed }: { readonly seed: number }): Course {
  const stream = random(seed, "softmax regression");
  const model = linear(INPUTS, CLASSES), problem = { model, output: softmax() };
  const { params } = model.init(seed), mode = inference;
  const whole: Batch = {
    inputs: { x: randomTensor([EXAMPLES, INPUTS], () => stream.normal()) },
    targets: tf.tensor1d(Array.from({ length: EXAMPLES }, () => stream.integer(CLASSES)), "int32"),
  };
  const lambdas = { lambdaFsd: LAMBDA, lambdaWsd: LAMBDA * DAMPING };
  const { gradients, natural, rate } = tf.tidy(() => {
    const gradients = tf.stack(Array.from({ length: MINIBATCHES }, (_, i) => {
      const rows = tf.range(i, EXAMPLES, MINIBATCHES, "int32");
      const outputs = (at: typeof params) =>
        model.apply(at, {}, { x: tf.gather(whole.inputs.x as Tensor, rows) }, mode).outputs;
      return flat(
        valueAndGradients((at) => ({
          value: crossEntropy(outputs(at), tf.gather(whole.targets, rows)),
          auxiliary: {},
        }), params).gradients,
      );
    }));
    const fisher = denseMatrix(gaussNewton({ problem, params, buffers: {}, batch: whole, mode }), params);
    const h = tf.mul(tf.add(fisher, tf.mul(tf.eye(fisher.shape[0]), DAMPING)), LAMBDA);
    const c = tf.div(tf.matMul(gradients, gradients, true), MINIBATCHES);
    const rate = 1 / (tf.norm(h).dataSync()[0] * tf.norm(c).dataSync()[0]);
    return { gradients, natural: tf.matMul(gradients, inverse(h)), rate };
  });
  const n = gradients.shape[1]!;
  const course = descend({
    name: "KL, softmax regression: natural gradient",
    start: { P: tf.zeros([n, n]) },
    gradient: ({ P }) => {
      const steps = tf.unstack(tf.matMul(gradients, P, false, true));
      const slopes = steps.map((step, i) => {
        const theta = flat(params), lookahead = unflat(tf.sub(theta, step), params);
        const point = { params, lookahead, buffers: {}, batch: whole, metaBatch: whole, mode };
        const { discrepancy } = objectiveGradients(problem, lambdas, point).gradients;
        const g = tf.slice(gradients, [i, 0], [1, n]);
        return tf.matMul(tf.add(g, flat(discrepancy)), g, true); // of the linearised loss, ∇_u Q = g + λ ∇ρ
      });
      return { P: tf.neg(tf.div(tf.addN(slopes), MINIBATCHES)) };
    },
    error: ({ P }) => relativeError(tf.matMul(gradients, P, false, true), natural),
    rate,
    momentum: 0.95,
    steps: STEPS,
  });
  tf.dispose([gradients, natural, params, whole.inputs, whole.targets]);
  return course;
}
