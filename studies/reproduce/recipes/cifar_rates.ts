/**
 * Learning-rate adaptation of convolutional networks.
 * @module
 */
import { trainLoss } from "../contest.ts";
import { AVERAGE, type RatesContest, ratesContest, type RatesSettings, TUNED } from "../rates_contest.ts";
import { type Recipe, sizes } from "../recipe.ts";
import { EPOCHS_200, IMAGES, LEVEL, TEST_ERROR, TEST_ERROR_DECIDES } from "./cifar.ts";

const BASES = ["sgd", "momentum", "rmsprop", "adam"];
const LENET = { name: "LeNet", given: { model: "lenet" } };
const RESNET_8 = { name: "ResNet-8", given: { model: "resnet", depth: 8, width: 8 } };
const RESNET_32 = { name: "ResNet-32", given: { model: "resnet", depth: 32, width: 16 } };
const WRN = { name: "WRN-28-10", given: { model: "wideresnet", depth: 28, widen: 10, dropout: 0.3 } };

const QUICK: RatesSettings = {
  about:
    "batches of 128; LeNet for 1000 steps with 4 bases, ResNet-8 of width 8 for 600 with 2; 5 trials for each schedule",
  time: "two hours on two cores",
  given: { batchSize: 128 },
  situations: [
    { ...LENET, steps: 1000, bases: BASES },
    { ...RESNET_8, steps: 600, bases: ["momentum", "adam"] },
  ],
  decades: [-6, -2, 1],
  trials: 5,
};
const FULL: RatesSettings = {
  ...QUICK,
  about: "ResNet-32 and WRN-28-10, batches of 128, 200 epochs, 4 bases, 6 trials for each schedule",
  time: "17 million steps of each network: weeks on a GPU",
  situations: [RESNET_32, WRN].map((network) => ({ ...network, steps: EPOCHS_200, bases: BASES })),
  trials: 6,
};
const CONTEST: RatesContest = {
  tuned: [...TUNED, { name: "step decay", given: { schedule: "step" } }],
  deciding: { ...TEST_ERROR, heldOut: true },
  besides: { title: "training loss", measure: trainLoss },
  level: LEVEL,
  picture: "cifar-rates",
  notes: [
    "APO's defaults were chosen on digits, on Fashion-MNIST, and on training images of CIFAR-10 that were held out, with LeNet and " +
    "seeds 7 and 8, those of RMSprop with ResNet-8, too.",
  ],
};

/** The recipe, of other sizes than its own for tests. */
export function cifarRates(quick: RatesSettings = QUICK, full: RatesSettings = FULL): Recipe {
  return {
    name: "cifar-rates",
    claim:
      "On images in colour APO with its defaults beats the best fixed rate from any initial rate, and is level with the best tuned " +
      "schedule.",
    paper:
      "The claim that learned schedules generally beat the best fixed rate and compete with tuned decay; CIFAR-10, the four bases, and " +
      "in the full size ResNet-32 and WRN-28-10 for 200 epochs.",
    ours:
      `LeNet and ResNet-8 in the quick size; APO's rule for the rate, with its defaults; the initial rates 1e-6, 1e-2 and 10; ${IMAGES}; ` +
      "step decay is a tenth at each third of the run; the average of the weights is a moving one with decay " +
      `${AVERAGE}, with a fixed rate that is tuned for it.`,
    rule: `${TEST_ERROR_DECIDES} Supported if, for each base ` +
      "optimizer with each network, APO's geometric mean over its initial rates is below the error of the best fixed rate, and below " +
      `× ${LEVEL} the best of step decay, cosine, warm-up with linear decay, and averaged weights (a point of accuracy where the ` +
      "error is 40 %); each by two standard errors of the ratio over seeds. Their rates are tuned with as many trials each, half " +
      "decades apart until the best is inside, then finer, on a tenth of the training data that is held out, with a seed of their own; " +
      "of APO nothing is tuned.",
    tasks: ["cifar10"],
    sizes: sizes(quick, full, (laboratory, settings) => ratesContest(laboratory, settings, CONTEST)),
  };
}
