/** Family d: gradient descent on the expected meta-objective of a full, free matrix P converges to (λ_FSD G + λ_WSD I)⁻¹. */
import * as tf from "@tensorflow/tfjs";
import { inverse, Matrix, SingularValueDecomposition } from "ml-matrix";
import { quadraticObjective, type Tensor } from "../../mod.ts";
import type { Compare } from "./comparison.ts";
import { onlyKnown } from "./families.ts";
import { type Json, same } from "./setting.ts";

export function theorem(file: Json, compare: Compare): void {
  onlyKnown("file", file, [
    ...["case", "conventions", "description", "n", "lambda_FSD", "lambda_WSD", "G", "gradients", "C", "step", "P0"],
    ...["P_after", "iterations_final", "P_final", "closed_form_inverse", "expected_limit"],
    ...["max_abs_err_final_vs_expected_limit", "note"],
  ]);
  const lambdas = { lambdaFsd: file.lambda_FSD, lambdaWsd: file.lambda_WSD };
  tf.tidy(() => {
    const objective = quadraticObjective(same.ours(file.gradients), same.ours(file.G), lambdas);
    compare("C", objective.secondMoment, file.C);
    let p: Tensor = tf.keep(same.ours(file.P0));
    for (let iteration = 1; iteration <= file.iterations_final; iteration++) {
      const next = tf.tidy(() => tf.keep(tf.sub(p, tf.mul(objective.gradient(p), file.step)) as Tensor));
      p.dispose();
      p = next;
      if (file.P_after[iteration]) compare(`P after ${iteration}`, p, file.P_after[iteration]);
    }
    compare("P at the end", p, file.P_final);
    p.dispose();
    const n = file.n, matrix = (values: ArrayLike<number>) => Matrix.from1DArray(values.length / n, n, values);
    const ideal = inverse(matrix([...objective.hessian.dataSync()]));
    compare("inverse", ideal.to1DArray(), file.closed_form_inverse);
    // where the gradients span less than the whole space: H⁻¹Π + P₀(I − Π)
    const v = new SingularValueDecomposition(matrix(file.gradients.data), { autoTranspose: true });
    const spanned = v.rightSingularVectors.subMatrix(0, n - 1, 0, v.rank - 1);
    const projector = spanned.mmul(spanned.transpose());
    const rest = Matrix.sub(Matrix.eye(n), projector);
    const limit = Matrix.add(ideal.mmul(projector), matrix(file.P0.data).mmul(rest));
    compare("limit", limit.to1DArray(), file.expected_limit);
  });
}
