/**
 * Preconditioner adaptation on a deep autoencoder.
 * @module
 */
import { testLoss } from "../contest.ts";
import { ROUNDS } from "../equal_time.ts";
import {
  type PreconditionersContest,
  preconditionersContest,
  type PreconditionersSettings,
} from "../preconditioners_contest.ts";
import { type Recipe, sizes } from "../recipe.ts";

const network = (activation: string, steps: number) => ({
  name: activation,
  task: "mnist-autoencoder",
  given: { activation },
  steps,
});
const QUICK: PreconditionersSettings = {
  about: "784-200-100-30-…, batches of 256, 800 steps, 14 trials each",
  time: "half an hour on two cores",
  given: { hidden: [200, 100, 30], batchSize: 256 },
  networks: [network("tanh", 800), network("relu", 800)],
  firstOrder: [
    { name: "momentum", given: { optimizer: "momentum", schedule: "linear" } },
    { name: "adam", given: { optimizer: "adam", schedule: "linear" } },
  ],
  secondOrder: [{
    name: "kfac",
    given: { optimizer: "kfac", schedule: "linear", trustRegion: 0.1, damping: 0.3 },
  }],
  others: [],
  ours: { name: "apo-kfac", given: { optimizer: "apo-kfac", schedule: "linear", trustRegion: 0.02, damping: 0.1 } },
  trials: 14,
};
const FULL: PreconditionersSettings = {
  ...QUICK,
  about: "784-1000-500-250-30-…, tanh, batches of 512, 400 steps, a probe every 3, 12 trials each",
  time: "an hour on two cores with OpenBLAS (deno task blas reproduce)",
  given: { hidden: [1000, 500, 250, 30], batchSize: 512 },
  networks: [network("tanh", 400)],
  secondOrder: [{
    name: "kfac",
    given: { optimizer: "kfac", schedule: "linear", trustRegion: 0.02, damping: 0.2 },
  }],
  ours: {
    name: "apo-kfac", // 40 probes in 400 steps are too few for layers of a thousand units
    given: { optimizer: "apo-kfac", schedule: "linear", every: 3, trustRegion: 0.002, damping: 0.01 },
  },
  trials: 12,
};
const CONTEST: PreconditionersContest = {
  deciding: { title: "test loss", measure: testLoss },
  competes: 1.05,
  picture: "autoencoder",
  notes: [
    "The sizes, where the searches start, and how often APO probes were decided after runs with these seeds had been seen; the " +
    "bounds were not.",
  ],
};

/** The recipe, of other sizes than its own for tests. */
export function autoencoder(quick: PreconditionersSettings = QUICK, full: PreconditionersSettings = FULL): Recipe {
  const { firstOrder, ours } = quick, reference = firstOrder.at(-1)!.name;
  const names = (settings: PreconditionersSettings) => settings.networks.map(({ name }) => name).join(" and ");
  return {
    name: "autoencoder",
    claim:
      "On a deep autoencoder APO-P competes with second-order methods and beats tuned first-order ones, at equal steps and at " +
      "equal time.",
    paper: "The network 784-1000-500-250-30-250-500-1000-784 (in the full size), the loss, and what is compared.",
    ours:
      `The networks of ${names(quick)} units, the large one of ${
        names(full)
      } units only; 10,000 digits unless other data are given; ` +
      `a linear decay to 0 for all; ${ours.name} is APO-P, learned from random probes; Shampoo is left out, to keep it short.`,
    rule:
      `The test loss decides. Supported if, with either network, ${ours.name} ends below × ${CONTEST.competes} the best second-order ` +
      "method and below the best first-order one, after as many steps, and after as many steps each as take the time of " +
      `${reference}'s (the median of ${ROUNDS} calibrations before); ` +
      "each by two standard errors of the ratio over seeds. All are tuned with as many trials each, for as many steps, on a tenth of " +
      "the training data that is held out, with a seed of their own.",
    tasks: ["mnist-autoencoder"],
    sizes: sizes(quick, full, (laboratory, settings) => preconditionersContest(laboratory, settings, CONTEST)),
  };
}
