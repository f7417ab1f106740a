/**
 * Update rules: directions, parameterizations of what scales them, the amortizer that learns those, and fixed rates.
 * @module
 */
export * from "./optimizer.ts";
export * from "./step_clock.ts";
export { type Branch, type Branching, chanceAt, stepOf } from "./branches.ts";
export { elementwise } from "../runtime/elementwise/elementwise.ts";
export type { Formula } from "../runtime/elementwise/program.ts";
export { Expression, type Node, type Operation } from "../runtime/elementwise/expression.ts";
export * from "./directions/direction.ts";
export * from "./directions/gradient.ts";
export * from "./directions/momentum.ts";
export * from "./directions/rmsprop.ts";
export * from "./directions/adam.ts";
export * from "./directions/clip.ts";
export * from "./directions/chain.ts";
export * from "./directions/partition.ts";
export * from "./directions/scaled_by.ts";
export * from "./parameterizations/parameterization.ts";
export * from "./parameterizations/log_rates.ts";
export * from "./parameterizations/diagonal.ts";
export * from "./parameterizations/kfac.ts";
export * from "./parameterizations/full.ts";
export * from "./schedules.ts";
export * from "./fixed_rate.ts";
export type { WeightDecay } from "./weight_decay.ts";
export * from "./gradient_step.ts";
export { captured, type CapturedOptimizer, type CapturedOptions, type Uncaptured } from "./captured/captured.ts";
export * from "./amortizer/amortize.ts";
export type { AmortizeOptions } from "./amortizer/amortize_options.ts";
export * from "./amortizer/meta_objective.ts";
export { amortizeByProbes, type ProbesOptions, type ProbesState } from "./amortizer/probes/amortize_by_probes.ts";
export {
  type ScheduleFreeOptions,
  scheduleFreeSgd,
  type ScheduleFreeSgdOptions,
  type ScheduleFreeState,
} from "./baselines/schedule_free.ts";
export * from "./baselines/schedule_free_adamw.ts";
export * from "./baselines/prodigy.ts";
export * from "./baselines/hypergradient.ts";
export * from "./baselines/weight_average.ts";
export * from "./directions/muon.ts";
export * from "./directions/shampoo.ts";
export * from "./directions/soap.ts";
export * from "./curvature/layer_pass.ts";
export * from "./curvature/kronecker_factors.ts";
export * from "./curvature/kfac.ts";
export { dampedFactors, type KroneckerPairs } from "./curvature/damped_factors.ts";
export * from "./curvature/jacobian_product.ts";
export {
  type Curvature,
  type CurvaturePoint,
  type CurvatureProduct,
  denseMatrix,
  gaussNewton,
  hessian,
} from "./curvature/curvature.ts";
export * from "./matrix_sides.ts";
export { factorSides, weightMatrices, type WeightMatrix } from "./curvature/weight_matrices.ts";
export * from "./curvature/conjugate_gradients.ts";
export * from "./curvature/second_order.ts";
export * from "./baselines/proximal_point.ts";
export * from "./baselines/mirror_descent.ts";
export * from "./amortizer/meta_optimizer.ts";
export * from "./amortizer/additive.ts";
export * from "./amortizer/braked.ts";
export * from "./amortizer/normalized.ts";
export { type MetaOptions, metaRates, paperRule } from "./amortizer/defaults.ts";
export type { Learner, MetaReport } from "./amortizer/meta_step.ts";
export * from "./amortizer/meta_optimizers.ts";
export * from "./amortizer/regime.ts";
export * from "./amortizer/regimes/plain.ts";
export { byNoise, type ByNoiseOptions } from "./amortizer/regimes/by_noise.ts";
export type { Noise } from "./amortizer/regimes/noise.ts";
export type { Caution } from "./amortizer/regimes/caution.ts";
export type { NoiseLevel } from "./amortizer/regimes/decay_by_noise.ts";
export * from "./catalogue/entry.ts";
export * from "./catalogue/catalogue.ts";
export { narrowOptimizer, narrowProblem } from "./precision/narrow.ts";
export type { LossScaled } from "./precision/loss_scale.ts";
export { type Policy, policyOf, type PolicyOptions } from "./precision/policy.ts";
export { underflow } from "./precision/underflow.ts";
export { type Arithmetic, inPart, type Part } from "../runtime/precision/scope.ts";
export { BF16, F16, type Format, formatNamed } from "../runtime/precision/format.ts";
export { recommended, type RecommendedOptions, recommendedRegime } from "./catalogue/recommended.ts";
export { type ValueAndGradients, valueAndGradients } from "../runtime/gradients.ts";
export type { Beside } from "../proximal/micro_batches.ts";
export type { Tensor, Tensors, Tree } from "../runtime/tensor.ts";
