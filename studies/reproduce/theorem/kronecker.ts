/**
 * The theorem for the Kronecker-structured form, where KFAC's assumptions hold by construction.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { kfacStructured, quadraticObjective, type Tensor, type Tensors } from "../../../mod.ts";
import { inverse } from "../../../runtime/linear_algebra/inverse.ts";
import { random, randomTensor } from "../../../runtime/random.ts";
import { type Course, descend, relativeError } from "./descent.ts";

const INPUTS = 3, OUTPUTS = 2, N = INPUTS * OUTPUTS, STEPS = 400;

/**
 * One layer W `[in, out]` whose inputs and back-propagated gradients are independent: the curvature is A ⊗ B, with A the second
 * moment of its inputs and B that of its outputs' gradients, and so is the gradients' second moment. Gradient descent on
 * (A, B, S) of the structured form is compared in P (the factors are not unique) with KFAC's A⁻¹ ⊗ B⁻¹/λ_FSD; λ_WSD = 0.
 */
export function kroneckerIsKfac({ seed }: { readonly seed: number }): Course {
  const stream = random(seed, "kronecker"), lambdaFsd = 0.8;
  const moment = (n: number) =>
    tf.tidy(() => {
      const x = randomTensor([8 * n, n], () => stream.normal());
      return tf.div(tf.matMul(x, x, true), 8 * n) as Tensor;
    });
  const [A, B] = [moment(INPUTS), moment(OUTPUTS)];
  const leaves = { w: { shape: [INPUTS, OUTPUTS], role: "dense" as const } };
  const rule = kfacStructured({ learningRate: 0.3 });
  const { curvature, gradients, kfac } = tf.tidy(() => {
    const curvature = kronecker(A, B);
    const { lowerTriangularMatrix } = new CholeskyDecomposition(new Matrix(curvature.arraySync() as number[][]));
    return {
      curvature,
      gradients: tf.mul(tf.tensor2d(lowerTriangularMatrix.transpose().to2DArray()), Math.sqrt(N)), // their moment: L Lᵀ
      kfac: tf.div(kronecker(inverse(A), inverse(B)), lambdaFsd),
    };
  });
  const objective = quadraticObjective(gradients, curvature, { lambdaFsd, lambdaWsd: 0 });
  const start = tf.tidy(() => {
    const init = rule.init({ w: tf.zeros([INPUTS, OUTPUTS]) }, leaves);
    // a little off the identity, where A and B cannot be told from −A and −B
    return Object.fromEntries(
      Object.entries(init).map((
        [name, x],
      ) => [name, tf.add(x, randomTensor(x.shape, () => 0.1 * stream.normal()))]),
    );
  });
  const names = Object.keys(start);
  const value = (phi: Tensors): Tensor => objective.value(preconditioner(phi));
  const preconditioner = (phi: Tensors): Tensor =>
    tf.stack(
      Array.from({ length: N }, (_, i) => {
        const unit = tf.reshape(tf.slice(tf.eye(N), [i, 0], [1, N]), [INPUTS, OUTPUTS]);
        return tf.reshape(rule.precondition(phi, { w: unit }).w, [N]);
      }),
      1,
    );
  const slope = tf.grads((...phi: Tensor[]) => value(Object.fromEntries(phi.map((x, i) => [names[i], x]))));
  const course = descend({
    name: "Kronecker-structured P: KFAC",
    start,
    gradient: (phi) => {
      const slopes = slope(names.map((name) => phi[name]));
      return Object.fromEntries(names.map((name, i) => [name, slopes[i]]));
    },
    error: (phi) => relativeError(preconditioner(phi), kfac),
    rate: 0.01,
    momentum: 0.9,
    steps: STEPS,
  });
  tf.dispose([A, B, curvature, gradients, kfac, objective.hessian, objective.secondMoment]);
  return course;
}

/** A ⊗ B on matrices `[in, out]` read row by row. */
function kronecker(a: Tensor, b: Tensor): Tensor {
  const [n, m] = [a.shape[0], b.shape[0]];
  return tf.reshape(tf.mul(tf.reshape(a, [n, 1, n, 1]), tf.reshape(b, [1, m, 1, m])), [n * m, n * m]);
}
