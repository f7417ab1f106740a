/**
 * APO with the defaults of the command line.
 * @module
 */
import type { Problem } from "../../proximal/problem.ts";
import { named } from "../../runtime/nearest.ts";
import type { Tree } from "../../runtime/tensor.ts";
import { amortize, type AmortizedState } from "../amortizer/amortize.ts";
import type { AmortizeOptions } from "../amortizer/amortize_options.ts";
import type { Regime } from "../amortizer/regime.ts";
import { byNoise } from "../amortizer/regimes/by_noise.ts";
import { plain } from "../amortizer/regimes/plain.ts";
import type { Guarded, Optimizer } from "../optimizer.ts";
import { scalarRate } from "../parameterizations/log_rates.ts";
import { linearDecay } from "../schedules.ts";
import { LAMBDA_FSD } from "../tuned.ts";
import { learnedBases } from "./bases.ts";
import { BY_NOISE, schedules, type Settings } from "./entry.ts";

/** Options of {@linkcode recommended}: those of `amortize`, all but the problem with defaults. */
export interface RecommendedOptions extends Partial<AmortizeOptions<Tree>> {
  /** What is minimized. */
  readonly problem: Problem;
  /** Of the whole run: the horizon of warm-up and decay. */
  readonly steps: number;
}

/**
 * APO as `deno task train --optimizer=apo-BASE` does it: a learning rate for the direction, with the regime that was tuned for it. What is
 * given besides the problem and the steps takes the place of a default. Forms that are no learning rates, and other meta-optimizers
 * than `normalized()`, do not decay by noise; λ_FSD of Muon still follows it.
 *
 * @throws `UserError` for a base that is unknown, and as `amortize` does.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fit, mlp, recommended, rows, softmax } from "@amortized/apo";
 *
 * const problem = { model: mlp([2, 8, 2]), output: softmax() }, steps = 60;
 * const data = { train: rows({ inputs: [[0, 1], [1, 0], [0, 2], [2, 0]], labels: [0, 1, 0, 1] }) };
 * for await (const event of fit({ problem, data, steps, optimizer: recommended("adam", { problem, steps }) })) {
 *   if (event.kind === "finished") assertEquals(event.step, 60);
 * }
 * ```
 */
export function recommended(
  base: string,
  { steps, ...options }: RecommendedOptions,
): Optimizer<Guarded<AmortizedState<Tree>>> {
  const { direction: directionFor } = named("base", base, learnedBases);
  const { parameterization = scalarRate(), meta } = options;
  const followsNoise = parameterization.logRates && (meta?.optimizer?.needsLogRates ?? true);
  const {
    direction = directionFor(options.problem.model.leaves),
    regime = recommendedRegime(base, { steps, schedule: followsNoise ? BY_NOISE : "constant" }),
  } = options;
  return amortize({ ...options, direction, parameterization, regime });
}

/**
 * The regime that was tuned for APO's rate of a direction. Muon's λ_FSD grows with noise under every
 * schedule.
 *
 * @throws `UserError` for a base or a schedule that is unknown.
 */
export function recommendedRegime(
  base: string,
  { steps, schedule = BY_NOISE, lambdaFsd }: Pick<Settings, "steps" | "schedule" | "lambdaFsd">,
): Regime {
  const { regime: tuned } = named("base", base, learnedBases);
  const { caution, hover, level, decayFrom, bound, warmsUp } = tuned;
  const own = { steps, lambdaFsd: lambdaFsd ?? tuned.lambdaFsd, caution, hover, level };
  if (schedule === BY_NOISE) {
    const decay = linearDecay({ initial: decayFrom, steps });
    return { ...byNoise({ ...own, decay, ...!warmsUp && { schedule: 1 } }), bound };
  }
  const factor = named("schedule", schedule, schedules)(1, steps);
  if (tuned.lambdaFsd === undefined) return { ...plain({ lambdaFsd, schedule: factor }), bound };
  return { ...byNoise({ ...own, schedule: factor, decay: 1 }), bound };
}

/** λ_FSD where there is no noise, by {@linkcode recommendedRegime}. */
export function recommendedLambdaFsd(base: string, schedule: NonNullable<Settings["schedule"]>): number {
  const { direction, regime } = learnedBases[base], { momentum = 0 } = direction({});
  return regime.lambdaFsd ?? LAMBDA_FSD[schedule === BY_NOISE ? "byNoise" : "plain"] / (1 - momentum);
}
