/**
 * The sizes of the recipe `low-precision`.
 * @module
 */
import type { Contestant } from "../contest.ts";
import type { Method, PrecisionSituation } from "../low_precision/twins.ts";
import type { SizeText } from "../recipe.ts";

/** What is chosen. */
export interface Settings extends SizeText {
  /** Each is judged for itself. */
  readonly situations: readonly PrecisionSituation[];
  /** What is chosen for each table that is there. */
  readonly table: Omit<PrecisionSituation, "name" | "task">;
  /** Whom nothing is claimed about. */
  readonly others: readonly Method[];
  /** The method with inverses that APO-P is compared with. */
  readonly rival: Method;
  /** APO of a learning rate. */
  readonly scalar: Method;
  /** The forms of APO-P. */
  readonly ours: readonly Method[];
  readonly dampings: readonly number[];
  readonly mantissas: readonly number[];
  readonly trials: number;
}

const decaying = (optimizer: string): Contestant => ({ name: optimizer, given: { optimizer, schedule: "linear" } });
const inverting = (optimizer: string): Method => ({ ...decaying(optimizer), inverts: true });

const CONVOLUTIONS: PrecisionSituation = {
  name: "convolutions",
  task: "mnist",
  given: { model: "conv", batchSize: 64 },
  steps: 200,
};
const REGRESSION: PrecisionSituation = {
  name: "ill-conditioned",
  task: "ill-conditioned",
  given: { batchSize: 500 },
  steps: 1000,
  starts: { kfac: { damping: 1e-5, trustRegion: 1e-2 }, "apo-kfac": { damping: 1e-5, trustRegion: 1e-2 } },
  distance: 1,
};
const autoencoder = (hidden: readonly number[], batchSize: number, steps: number): PrecisionSituation => ({
  name: "autoencoder",
  task: "mnist-autoencoder",
  given: { hidden, batchSize },
  steps,
  starts: { kfac: { damping: 0.3, trustRegion: 0.03 }, "apo-kfac": { damping: 0.1, trustRegion: 0.03 } },
});
/** The quick size. */
export const QUICK: Settings = {
  about:
    "an autoencoder 784-100-30-… and a convolutional network on digits, 200 steps, ill-conditioned regression and tables, " +
    "1000 steps, 8 trials each",
  time: "an hour on two cores, and for each table that is there ten minutes or twenty",
  situations: [autoencoder([100, 30], 256, 200), CONVOLUTIONS, REGRESSION],
  table: {
    given: { hidden: [50], batchSize: 128 },
    steps: 1000,
    starts: { kfac: { damping: 0.01, trustRegion: 2e-3 }, "apo-kfac": { damping: 0.01, trustRegion: 2e-3 } },
  },
  others: [...["momentum", "adam", "muon"].map(decaying), ...["shampoo", "soap"].map(inverting)],
  rival: inverting("kfac"),
  scalar: { name: "apo-momentum", given: { optimizer: "apo-momentum" } },
  ours: [decaying("apo-kfac"), { name: "apo-kfac-paper", given: { optimizer: "apo-kfac-paper" } }],
  dampings: [1e-8, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1],
  mantissas: [4, 5, 6, 7, 8, 10, 12, 16, 23],
  trials: 8,
};
/** The full size. */
export const FULL: Settings = {
  ...QUICK,
  about:
    "autoencoders 784-200-100-30-… and 784-1000-500-250-30-…, LeNet on CIFAR-10, a convolutional network on digits, 800 steps, " +
    "ill-conditioned regression and tables, 3000 steps, 12 trials each",
  time: "a day and a half on two cores",
  tasks: ["mnist-autoencoder", "mnist", "ill-conditioned", "cifar10"],
  situations: [
    autoencoder([200, 100, 30], 256, 800),
    { ...autoencoder([1000, 500, 250, 30], 512, 400), name: "large autoencoder" },
    { ...CONVOLUTIONS, steps: 800 },
    { name: "LeNet", task: "cifar10", given: { model: "lenet", batchSize: 128 }, steps: 800 },
    { ...REGRESSION, steps: 3000 },
  ],
  table: { ...QUICK.table, steps: 3000 },
  trials: 12,
};
