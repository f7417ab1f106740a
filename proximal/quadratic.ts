/**
 * The meta-objective in the theorem's setting: given gradients, a linearised loss and a quadratic discrepancy.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../runtime/tensor.ts";

/** The expected meta-objective of a full matrix P and its gradient. */
export interface QuadraticObjective {
  /** H = λ_FSD G + λ_WSD I, `[n, n]`. */
  readonly hessian: Tensor;
  /** C = E[ggᵀ], `[n, n]`. */
  readonly secondMoment: Tensor;
  /** `$E[-g^\top P g + \tfrac12 (Pg)^\top H P g] = \mathrm{tr}(\tfrac12 P^\top H P C - P C)$`: a scalar. */
  value(preconditioner: Tensor): Tensor;
  /** `$H P C - C$`, `[n, n]`: the exact gradient in P. */
  gradient(preconditioner: Tensor): Tensor;
}

/**
 * Q(P) = E_g[J + λ_FSD FSD + λ_WSD WSD] for u = θ − Pg with the loss linearised and FSD = ½(u−θ)ᵀG(u−θ). Where C has full
 * rank, its only minimum is (λ_FSD G + λ_WSD I)⁻¹.
 *
 * @param gradients The gradients g, `[count, n]`, over which the expectation runs.
 * @param curvature G, `[n, n]`, symmetric and positive semi-definite.
 * @returns Holds two tensors that the caller owns.
 */
export function quadraticObjective(
  gradients: Tensor,
  curvature: Tensor,
  lambdas: { readonly lambdaFsd: number; readonly lambdaWsd: number },
): QuadraticObjective {
  const n = curvature.shape[0];
  const hessian = tf.tidy(() => tf.add(tf.mul(curvature, lambdas.lambdaFsd), tf.mul(tf.eye(n), lambdas.lambdaWsd)));
  const secondMoment = tf.tidy(() => tf.div(tf.matMul(gradients, gradients, true), gradients.shape[0]));
  return {
    hessian,
    secondMoment,
    value: (p) =>
      tf.tidy(() => {
        const pc = tf.matMul(p, secondMoment);
        return tf.sub(tf.mul(tf.sum(tf.mul(p, tf.matMul(hessian, pc))), 0.5), tf.sum(tf.mul(p, secondMoment)));
      }),
    gradient: (p) => tf.tidy(() => tf.sub(tf.matMul(hessian, tf.matMul(p, secondMoment)), secondMoment)),
  };
}
