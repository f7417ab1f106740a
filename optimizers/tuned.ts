/**
 * What was found by trial: the numbers behind the defaults that are ours, each with its evidence. The library, the command line and
 * its help read them here. docs/tried.md has the comparisons in full. Numbers after a task's name are training losses; "noisy
 * labels" are Fashion-MNIST's, 20 % of them wrong.
 * @module
 */
import type { Caution } from "./amortizer/regimes/caution.ts";
import type { NoiseLevel } from "./amortizer/regimes/decay_by_noise.ts";

/** λ_FSD times 1 − β₁, as momentum makes steps 1/(1 − β₁) as long. */
export const LAMBDA_FSD = {
  /** Momentum on digits ends alike from initial rates of 1e-6, 1e-3 and 10: docs/learned-rates.svg. */
  plain: 0.15,
  /**
   * Where noise has a bound of its own. A LeNet on CIFAR-10, 3,000 steps, held-out accuracy: 63.2 % with momentum, 63.2 % with Adam; with .05
   * and a λ_FSD that grows with noise 54.8 and 59.9; tuned warm-up and linear decay 63.7 and 62.2. Digits do not tell .003 from .05.
   */
  byNoise: 0.01,
  /**
   * By what that is multiplied in the early meta steps, when nothing is known and momentum has still to gather. Twelve runs of 12 steps of
   * narrow networks, batches of 64: all end below 0.8 of their first loss; with 5 one ends above it, with 1 four hardly below it.
   * Digits, momentum, 300 steps: .063, with 15 .095.
   */
  early: 8,
};

/** For how long rates are warmed up. */
export const WARM_UP = {
  /** Of the run. Momentum, noisy labels: 1.159 with 20 % of it, 1.168 with 5 %, 1.202 with none. */
  share: 0.1,
  /** Of runs so short that `META.early` steps, the least for a learned rate, would be more (tests/optimizers/short_runs_test.ts). */
  most: 1 / 2,
};

/** How φ is learned. */
export const META = {
  /** Where a learned rate begins. The start-up search makes it matter little: docs/learned-rates.svg. */
  start: 0.01,
  /** K: the paper's. */
  every: 10,
  /** So many steps at the start have a meta step each, which corrects what the search found along a single gradient. */
  early: 20,
  /** Of `normalized()`: docs/learned-rates.svg. */
  normalizedRate: 0.05,
  /** Of RMSprop on learning rates: the paper's. */
  paperRate: 0.1,
  /** Of Adam on diagonals and on S; A and B move a twentieth as fast. With it `apo-kfac-paper` ends at 79 on the autoencoder. */
  rate: 0.02,
  /**
   * Of `braked()`. Digits, widths of 8 to 32, 30 and 100 steps, seeds 0 to 7, both forms: 1 of 96 runs is below 0.9 of momentum's
   * accuracy, at 0.89; with .02 7 are, and without a brake 18, the worst at chance.
   */
  brake: 0.05,
  /** The paper's A and B in blocks of this size: quicker than full ones, and better on the built-in tasks, as there is less to learn. */
  blockSize: 64,
};

/** How APO's rate for a direction adapts to noise. */
export interface TunedRegime {
  /** λ_FSD where there is no noise, for directions that `LAMBDA_FSD` does not suit. It then grows with noise under every schedule. */
  readonly lambdaFsd?: number;
  /** How λ_FSD grows with noise, where it does. */
  readonly caution?: Caution;
  /** How far noise may hold the loss above where it could be; ∞ for no bound. */
  readonly hover: number;
  /** How noisy gradients are, given which share of the progress carries over. */
  readonly level: NoiseLevel;
  /** Where the linear decay begins, which acts as far as gradients are noise. */
  readonly decayFrom: number;
  /** Whether the learned rate is warmed up. */
  readonly warmsUp: boolean;
  /** The largest rate. */
  readonly bound?: number;
}

/** Of directions for which nothing else was tuned. */
export const LEARNED: TunedRegime = {
  // With λ_FSD = .01/(1 − β₁), momentum and Adam: noisy labels, 5,000 steps, 1.146 and 1.143, with 3 1.148 and 1.137, with 5 1.153 and
  // 1.159; 20,000 steps 1.067 and 1.040, with 3 1.087, with 5.5 1.061 and 1.056; clean labels .301 and .281, with 3 .315 and .285
  hover: 4,
  // 0.1 of the decay acts at s = 0.65, as early on clean data, and 0.9 at s = 0.15; digits, momentum: .064, with all of it .127
  level: [2, 4],
  // from 2 SGD on clean labels .35 and .48, from 1 .33 and .34 (two seeds); momentum on digits, 1,500 steps, .007 and 1e-4
  decayFrom: 1,
  // where it acts as far as noise only, `apo-sgd --hidden=16` loses all units at the first step with three of six seeds
  warmsUp: true,
};

/** Of RMSprop, whose steps single batches make too short. */
export const RMSPROP: TunedRegime = {
  ...LEARNED,
  // CIFAR-10, held-out accuracy, from 1 and from 2: LeNet, 1,000 steps, 44.4 and 49.6 %, ResNet-8, 500 steps, 46.7 and 51.9 %; tuned
  // warm-up and linear decay of the LeNet 51.2 %. Losses, seeds 7 and 8: digits, 300 steps, .20, .20 and .17, .17; convolutions .17,
  // .14 and .13, .10; clean labels .298, .313 and .283, .314; noisy ones 1.139, 1.149 and 1.132, 1.152
  decayFrom: 2,
};

/** Of Muon, whose steps do not shrink with the gradient either. */
export const MUON: TunedRegime = {
  // no one λ_FSD suits an autoencoder without noise (this) and digits, where noise in d is as long as signal (10 and more)
  lambdaFsd: 0.4,
  // digits and convolutions (with a bound of .05) with s⁻⁴: 6.8e-4 and .0043, with s⁻³ .0014 and .0019, with s⁻⁶ 4.7e-4 and .0134
  caution: { power: 4, most: 30 },
  hover: Infinity,
  // the learned rate falls by itself on the autoencoder (s = 0.9), and has to be made to on digits (s = 0.5)
  level: [4, 2],
  decayFrom: 1,
  // one costs the autoencoder 1 to 2 %
  warmsUp: false,
  // A rate is how far a step moves singular values, which are about 1 at the start whatever the width. What a far move costs is not
  // seen one step ahead: on tanh units the search ends at 0.17, and after ten such steps they are saturated for good. They end
  // at 66.7 with this bound, with .05 at 67.7, with .07 at 79.5
  bound: 0.04,
};

/** Fixed rates, by direction, that trained the built-in tasks well; of the other directions each task has its own. */
export const FIXED_RATES = { muon: 0.02, shampoo: 0.02, soap: 0.003 };

/** Of APO by probes. Losses of the small autoencoder, unless said otherwise, and with probes of signs alone: docs/tried_numbers.md. */
export const PROBES = {
  /** κ. Convolutions, test loss: .074 with .001, .089 with .003, .353 with .05. Autoencoders, whose losses are larger, take more. */
  trustRegion: 0.002,
  /** From .01 to .1 the loss differs by less than 1 in 65. */
  damping: 0.03,
  /** Every 5 steps 62.8 instead of 65.6, for a fifth more time. On the large one every 10 is better than every 3 at equal time. */
  every: 10,
  /** μ. ReLU units 65.3 and 65.9, with .3 64.0 and 63.9; tanh units 79.6 and 78.9, with .3 81.2 and 78.5. .05 is too slow, .5 too fast. */
  metaRate: 0.2,
  /** 64.2; with 64 65.7. Without blocks 64.7 instead of 64.0. */
  blockSize: 112,
};
