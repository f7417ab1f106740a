/**
 * Preconditioner adaptation of convolutional networks.
 * @module
 */
import { ROUNDS } from "../equal_time.ts";
import {
  type PreconditionersContest,
  preconditionersContest,
  type PreconditionersSettings,
} from "../preconditioners_contest.ts";
import { type Recipe, sizes } from "../recipe.ts";
import { EPOCHS_200, IMAGES, LEVEL, TEST_ERROR, TEST_ERROR_DECIDES } from "./cifar.ts";

const decaying = (optimizer: string) => ({ name: optimizer, given: { optimizer, schedule: "linear" } });

const QUICK: PreconditionersSettings = {
  about:
    "LeNet for 800 steps and ResNet-8 of width 8 for 400, CIFAR-10, batches of 128, a probe every 5, 8 trials each",
  time: "an hour and a half on two cores",
  given: { batchSize: 128 },
  networks: [
    { name: "LeNet", task: "cifar10", given: { model: "lenet" }, steps: 800 },
    { name: "ResNet-8", task: "cifar10", given: { model: "resnet", depth: 8, width: 8 }, steps: 400 },
  ],
  firstOrder: [decaying("momentum"), decaying("adam")],
  secondOrder: [decaying("kfac"), decaying("shampoo"), decaying("muon")],
  others: [{ name: "apo-kfac-paper", given: { optimizer: "apo-kfac-paper" } }],
  ours: { name: "apo-kfac", given: { optimizer: "apo-kfac", schedule: "linear", every: 5 } },
  trials: 8,
};
const FULL: PreconditionersSettings = {
  ...QUICK,
  about:
    "LeNet, AlexNet, VGG-16, ResNet-18 and ResNet-32, CIFAR-10 and CIFAR-100, batches of 128, 200 epochs, 8 trials each",
  time: "77 million steps: months on a GPU",
  tasks: ["cifar10", "cifar100"],
  networks: ["cifar10", "cifar100"].flatMap((task) =>
    ["lenet", "alexnet", "vgg16", "resnet18", "resnet"].map((model) => ({
      name: `${model}, ${task}`,
      task,
      given: model === "resnet" ? { model, depth: 32, width: 16 } : { model },
      steps: EPOCHS_200,
    }))
  ),
};
const CONTEST: PreconditionersContest = {
  deciding: TEST_ERROR,
  competes: LEVEL,
  picture: "cifar-preconditioners",
  notes: [
    "What a probe is, and that APO probes every 5 steps, was decided on training images that were held out, with seeds 7 and 8.",
  ],
};

/** The recipe, of other sizes than its own for tests. */
export function cifarPreconditioners(
  quick: PreconditionersSettings = QUICK,
  full: PreconditionersSettings = FULL,
): Recipe {
  const { firstOrder, secondOrder, others, ours } = quick, reference = firstOrder.at(-1)!.name;
  const list = new Intl.ListFormat("en"),
    names = (all: readonly { name: string }[]) => list.format(all.map(({ name }) => name));
  return {
    name: "cifar-preconditioners",
    claim:
      "On images in colour APO-P competes with second-order methods and beats tuned first-order ones, at equal steps and at equal time.",
    paper: "The networks and the data sets of the full size, and SGD with momentum, Adam and KFAC beside APO-P.",
    ours:
      `LeNet and ResNet-8 in the quick size; Shampoo and Muon; ${ours.name} is APO-P, learned from random probes, one every 5 steps; ` +
      `shown beside them, not judged: ${
        names(others)
      }, the paper's form of it; a linear decay to 0 for all but that one; ${IMAGES}.`,
    rule: `${TEST_ERROR_DECIDES} Supported if, with each ` +
      `network, ${ours.name} ends below × ${LEVEL} the error of the best of ${
        names(secondOrder)
      } (a point of accuracy where ` +
      `the error is 40 %), and below that of the best of ${
        names(firstOrder)
      }, after as many steps, and after as many steps each as take ` +
      `the time of ${reference}'s (the median of ${ROUNDS} calibrations before); each by two standard errors of the ratio over seeds. ` +
      "All are tuned with as many trials each, for as many steps, on a tenth of the training data that is held out, with a seed of " +
      "their own.",
    tasks: ["cifar10"],
    sizes: sizes(quick, full, (laboratory, settings) => preconditionersContest(laboratory, settings, CONTEST)),
  };
}
