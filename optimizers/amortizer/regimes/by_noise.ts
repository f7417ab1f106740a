/**
 * The regime that follows the noise of gradients.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { elementwise } from "../../../runtime/elementwise/elementwise.ts";
import { positiveWhole } from "../../../runtime/errors.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { checkScheduled } from "../../check_scheduled.ts";
import { linearDecay, type Scheduled, valueAt, warmUp } from "../../schedules.ts";
import { LAMBDA_FSD, LEARNED, META, WARM_UP } from "../../tuned.ts";
import type { Regime } from "../regime.ts";
import { type Caution, cautionAgainst, checkCaution } from "./caution.ts";
import { asFarAsNoise, type NoiseLevel } from "./decay_by_noise.ts";
import { checkHovering, hovering, mostGap } from "./hovering.ts";
import { measured, type Noise, noNoise } from "./noise.ts";

/** Options of {@linkcode byNoise}. */
export interface ByNoiseOptions {
  /** Of the whole run: the horizon of the default schedule and decay. */
  readonly steps: number;
  /**
   * λ_FSD; with a bound `hover` it is 8 times as large in the first 20 steps, also where it is given. Default: 0.01/(1 − β₁), β₁ being
   * the direction's momentum.
   */
  readonly lambdaFsd?: Scheduled;
  /** How λ_FSD grows with noise. Default: not at all. */
  readonly caution?: Caution;
  /** c: noise may hold the loss c J₀/√T above where it could be, T being the steps; ∞ for no bound. Default: 4. */
  readonly hover?: number;
  /** A factor of every step; 1 for none. Default: a warm-up over a tenth of the run, see {@linkcode learnedWarmUpSteps}. */
  readonly schedule?: Scheduled;
  /**
   * A factor of steps that acts as far as gradients are noise; 1 for none. It may begin above 1, where what is learned from single steps
   * is too short. Default: a linear decay from 1 to 0 over the run.
   */
  readonly decay?: Scheduled;
  /** How far that is. Default: `[2, 4]`. */
  readonly level?: NoiseLevel;
}

/**
 * Follows the noise (ours): meta steps measure what a lookahead gains on B and not on B′. Steps are made so much shorter that this noise
 * holds the loss only so far above where it could be; and a decay acts as far as little of the progress carries over. The defaults suit
 * gradient descent and momentum; `recommendedRegime` has the numbers of other directions.
 *
 * @throws `UserError` for steps that are no positive whole number, a λ_FSD, schedule or decay that is negative or no number, and a
 * caution, a hover or a level outside its range.
 */
export function byNoise(options: ByNoiseOptions): Regime<Noise> {
  const { steps, lambdaFsd, caution, hover = LEARNED.hover, level = LEARNED.level } = options;
  positiveWhole("byNoise: steps", steps);
  const { schedule = warmUp(learnedWarmUpSteps(steps), 1), decay = linearDecay({ initial: 1, steps }) } = options;
  for (const [name, value] of Object.entries({ lambdaFsd, schedule, decay })) {
    if (value !== undefined) checkScheduled(`byNoise: ${name}`, value);
  }
  if (caution) checkCaution("byNoise: caution", caution);
  checkHovering("byNoise: hover", hover);
  const decayed = asFarAsNoise(level, "byNoise: level");
  const isScaled = schedule !== 1 || decay !== 1 || hover < Infinity;
  /** The product of all factors: one formula, as it is part of every step. */
  const factorOf = isScaled && elementwise((given) => {
    const decaying = decay === 1 ? undefined : decayed(given.carriedOver, given.decay);
    // Noise holds the loss up by the steps that are made: where these are longer than what is learned, by as much more. Shorter ones do
    // not loosen the bound: the decay comes on top of it.
    const ofSteps = () => decaying ? given.gap.mul(decaying.maximum(1)) : given.gap;
    const factors = [
      ...schedule === 1 ? [] : [given.schedule],
      ...decaying ? [decaying] : [],
      ...hover === Infinity ? [] : [hovering(ofSteps(), given.unit, given.mostGap)],
    ];
    return { factor: factors.reduce((product, factor) => product.mul(factor)) };
  });
  return {
    needsLossOnBatch: true,
    init: noNoise,
    observe: measured,
    lambdaFsd: (noise, step, momentum) => {
      const known = valueAt(lambdaFsd ?? LAMBDA_FSD.byNoise / (1 - momentum), step);
      const usual: Tensor = hover === Infinity // then λ_FSD alone has to hold steps back, and is as large as that takes
        ? known
        : tf.where(tf.less(step, META.early), tf.mul(known, LAMBDA_FSD.early), known);
      return caution ? tf.mul(usual, cautionAgainst(noise, caution)) : usual;
    },
    ...factorOf && {
      factor: ({ carriedOver, gap, unit }, step, momentum) => {
        const scalars = {
          ...schedule !== 1 && { schedule: valueAt(schedule, step) },
          ...decay !== 1 && { decay: valueAt(decay, step), carriedOver },
          ...hover < Infinity && { gap, unit, mostGap: tf.scalar(mostGap(hover, { steps, momentum })) },
        };
        const [first, ...others] = Object.entries(scalars);
        return factorOf({ ...Object.fromEntries(others), [first[0]]: { factor: first[1] } }).factor.factor;
      },
    },
    report: ({ carriedOver }) => ({ carriedOver }),
  };
}

/**
 * How long learned rates are warmed up: as long as others, but at least while there is a meta step at each step, or for half of a
 * shorter run. The search finds the first rate along a single gradient, and those meta steps correct it before it is used in full.
 */
export function learnedWarmUpSteps(steps: number): number {
  return Math.max(warmUpSteps(steps), Math.min(META.early, Math.ceil(WARM_UP.most * steps)));
}

/** How long warm-ups are: a tenth of the run. */
export function warmUpSteps(steps: number): number {
  return Math.ceil(WARM_UP.share * steps);
}
