/**
 * Learning-rate adaptation where gradient noise matters.
 * @module
 */
import { testLoss, trainLoss } from "../contest.ts";
import {
  AVERAGE,
  type RatesContest,
  ratesContest,
  type RatesSettings,
  type RatesSituation,
  TUNED,
} from "../rates_contest.ts";
import { type Recipe, sizes } from "../recipe.ts";

const NOISY: RatesSituation = {
  name: "20 % wrong labels",
  given: { labelNoise: 0.2 },
  steps: 5000,
  bases: ["momentum", "adam"],
};
const QUICK: RatesSettings = {
  about: "784-128-10, batches of 32, 20 % wrong labels, 5000 steps, 2 bases, 8 trials for each schedule",
  time: "10 minutes on two cores",
  given: { hidden: [128], batchSize: 32 },
  situations: [NOISY],
  decades: [-6, -2, 1],
  trials: 8,
};
const FULL: RatesSettings = {
  ...QUICK,
  about:
    "784-128-10, batches of 32, 2 bases, 6 trials for each schedule; 20 % wrong labels and 5000 steps, 20,000 steps, " +
    "and clean labels",
  time: "an hour on two cores",
  situations: [
    NOISY,
    { ...NOISY, name: `${NOISY.name}, 4 times the steps`, steps: 4 * NOISY.steps },
    { ...NOISY, name: "clean labels", given: {} },
  ],
  trials: 6,
};
const CONTEST: RatesContest = {
  tuned: TUNED,
  deciding: { title: "training loss", measure: trainLoss, heldOut: false },
  besides: { title: "test loss", measure: testLoss },
  level: 1.01,
  picture: "gradient-noise",
  notes: [
    "Test labels are never changed, so that the test loss has another minimum than the training loss.",
    "APO's rate decays as far as it measures noise, the fixed rate does not: what the learning adds is seen against tuned warm-up " +
    "and linear decay, the schedule that it follows where all is noise.",
    "APO's defaults were chosen on these settings: on wrong labels with single seeds, the first of these among them, on clean labels " +
    "with others, after these had been seen.",
  ],
};

/** The recipe, of other sizes than its own for tests. */
export function gradientNoise(quick: RatesSettings = QUICK, full: RatesSettings = FULL): Recipe {
  return {
    name: "gradient-noise",
    claim:
      "Where gradient noise matters, APO with its defaults beats the best fixed rate from any initial rate, and is level with " +
      "tuned cosine decay, with tuned warm-up and linear decay, and with an average of the weights.",
    paper:
      "That learned schedules generally beat the best fixed rate and compete with tuned decay; here it goes further.",
    ours:
      "Noise by small batches and wrong labels of the training data; APO's rule for the rate with a bound on how far noise holds the " +
      "loss above its minimum, and a warm-up and, as far as it measures noise, a linear decay, which multiply what it learns; " +
      "the initial rates 1e-6, 1e-2 and 10; 10,000 digits unless other data are given; the " +
      `average of the weights is a moving one with decay ${AVERAGE}, with a fixed rate that is tuned for it.`,
    rule:
      "The final training loss, on the labels as they are, decides. Supported if, for each base optimizer in each setting, APO's " +
      "geometric mean over its initial rates is below the loss of the best fixed rate, and below × " +
      `${CONTEST.level} the best of cosine, warm-up with linear decay, and averaged weights; each by two standard errors of the ratio ` +
      "over seeds. Their rates are tuned with as many trials each, half decades apart until the best is inside, then finer, with a " +
      "seed of their own; of APO nothing is tuned.",
    tasks: ["mnist"],
    sizes: sizes(quick, full, (laboratory, settings) => ratesContest(laboratory, settings, CONTEST)),
  };
}
