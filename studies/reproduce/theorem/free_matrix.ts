/**
 * The theorem for the free matrix: random curvature and gradients, of full and of deficient rank.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { inverse, Matrix } from "ml-matrix";
import { quadraticObjective, type Tensor } from "../../../mod.ts";
import { random, randomTensor } from "../../../runtime/random.ts";
import { type Course, descend, relativeError } from "./descent.ts";

/** Options of {@linkcode freeMatrix}. */
export interface FreeMatrixOptions {
  /** Of the random problem. */
  readonly seed: number;
  /** Parameters. */
  readonly n: number;
  /** Of the space that the gradients span. */
  readonly rank: number;
}

const LAMBDAS = { lambdaFsd: 0.7, lambdaWsd: 0.2 }, STEPS = 400;

/**
 * Gradient descent on the expected meta-objective from a random P₀. It goes to H⁻¹Π + P₀(I − Π), H = λ_FSD G + λ_WSD I and Π the
 * projector on the gradients' span: to (λ_FSD G + λ_WSD I)⁻¹ where that is everything.
 */
export function freeMatrix({ seed, n, rank }: FreeMatrixOptions): Course {
  const stream = random(seed, "free matrix"), normal = (shape: number[]) => randomTensor(shape, () => stream.normal());
  const { curvature, basis, gradients, start } = tf.tidy(() => {
    const m = normal([n, n]), basis = tf.slice(tf.linalg.qr(normal([n, n]))[0], [0, 0], [n, rank]);
    const gradients = tf.matMul(normal([8 * n, rank]), basis, false, true);
    return { curvature: tf.div(tf.matMul(m, m, true), n), basis, gradients, start: normal([n, n]) };
  });
  const objective = quadraticObjective(gradients, curvature, LAMBDAS);
  const matrix = (x: Tensor) => new Matrix(x.arraySync() as number[][]);
  const span = matrix(basis), projector = span.mmul(span.transpose());
  const rest = Matrix.sub(Matrix.eye(n), projector);
  const known = inverse(matrix(objective.hessian)).mmul(projector).add(matrix(start).mmul(rest));
  const expected = tf.tensor2d(known.to2DArray());
  const largest = (x: Tensor) => matrix(x).norm(); // Frobenius's: at least the largest eigenvalue
  const rate = 1 / (largest(objective.hessian) * largest(objective.secondMoment));
  const course = descend({
    name: `n = ${n}, gradients of rank ${rank}`,
    start: { P: start },
    gradient: ({ P }) => ({ P: objective.gradient(P) }),
    error: ({ P }) => relativeError(P, expected),
    rate,
    momentum: 0.9,
    steps: STEPS,
  });
  tf.dispose([curvature, basis, gradients, expected, objective.hessian, objective.secondMoment]);
  return course;
}
