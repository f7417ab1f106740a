/** Family e: KFAC's factors, its damped update, and the exact damped one in the structured form. */
import * as tf from "@tensorflow/tfjs";
import {
  dampedFactors,
  inference,
  kfacStructured,
  kroneckerFactors,
  layerPass,
  linear,
  softmax,
  weightMatrices,
} from "../../mod.ts";
import { eigenvectors } from "../../runtime/linear_algebra/eigenvectors.ts";
import { inverse } from "../../runtime/linear_algebra/inverse.ts";
import type { Compare } from "./comparison.ts";
import { onlyKnown } from "./families.ts";
import { type Json, same, swapped } from "./setting.ts";

export function kroneckerFactored(file: Json, compare: Compare): void {
  onlyKnown("file", file, [
    ...["case", "conventions", "description", "homogeneous", "damping", "lambda_FSD", "lambda_WSD", "a", "W", "labels"],
    ...["sampled_labels", "grad", "A", "B", "B_exact_fisher", "pi", "update_factored", "update_exact"],
    ...["eig_A_ascending", "eig_B_ascending"],
  ]);
  tf.tidy(() => {
    const { homogeneous, damping, lambda_FSD: lambdaFsd, lambda_WSD: lambdaWsd } = file;
    const [classes, columns] = file.W.shape, [examples] = file.a.shape;
    const all = same.ours(file.a), features = homogeneous ? columns - 1 : columns; // the model appends the ones itself
    const inputs = { x: tf.slice(all, [0, 0], [examples, features]) };
    const model = linear(features, classes, { bias: homogeneous ? "homogeneous" : "none" });
    const problem = { model, output: softmax() };
    const params = { "dense1/kernel": swapped.ours(file.W) }, [map] = weightMatrices(model);
    const passOn = (labels: number[]) =>
      layerPass(problem, params, {}, { inputs, targets: tf.tensor1d(labels, "int32") }, inference);

    const { gradient, outputs } = passOn(file.labels), G = gradient["dense1/kernel"];
    compare("grad", swapped.theirs(G), file.grad);
    const sampled = passOn(file.sampled_labels);
    const { A, B } = kroneckerFactors(map, sampled.uses.dense1, examples);
    compare("A", A, file.A);
    compare("B", B, file.B);
    const fisher = Array.from({ length: classes }, (_, column) => {
      const tangent = tf.tile(tf.slice(tf.eye(classes), [column, 0], [1, classes]), [examples, 1]);
      return tf.mean(softmax().likelihood!.fisher(outputs, tangent), 0);
    });
    compare("B_exact_fisher", tf.stack(fisher), file.B_exact_fisher);

    const damped = dampedFactors(A, B, damping);
    compare("pi", damped.pi, [file.pi]);
    const factored = tf.matMul(inverse(damped.A), tf.matMul(G, inverse(damped.B)));
    compare("update_factored", swapped.theirs(factored), file.update_factored);

    const basis = (m: tf.Tensor) => tf.squeeze(eigenvectors(tf.expandDims(m)), [0]);
    const values = (m: tf.Tensor, q: tf.Tensor) => tf.sum(tf.mul(q, tf.matMul(m, q)), 0);
    const [qA, qB] = [basis(A), basis(B)], [a, b] = [values(A, qA), values(B, qB)];
    const ascending = (x: tf.Tensor) => [...x.dataSync()].sort((first, second) => first - second);
    compare("eig_A_ascending", ascending(a), file.eig_A_ascending);
    compare("eig_B_ascending", ascending(b), file.eig_B_ascending);
    const scale = tf.rsqrt(tf.add(tf.mul(tf.outerProduct(a as tf.Tensor1D, b as tf.Tensor1D), lambdaFsd), lambdaWsd));
    const phi = { "A/dense1/kernel": qA, "B/dense1/kernel": qB, "S/dense1/kernel": scale };
    const exact = kfacStructured().precondition(phi, { "dense1/kernel": G })["dense1/kernel"];
    compare("update_exact", swapped.theirs(exact), file.update_exact);
  });
}
