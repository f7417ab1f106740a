/**
 * The tasks of classifying small images in colour.
 * @module
 */
import { softmax } from "../proximal/output.ts";
import type { CifarName } from "../data/cifar_files.ts";
import { alexnet } from "../models/networks/alexnet.ts";
import { lenet } from "../models/networks/lenet.ts";
import { resnet18 } from "../models/networks/resnet.ts";
import { vgg16 } from "../models/networks/vgg.ts";
import { accuracy } from "../training/metrics.ts";
import { downloaded } from "./download.ts";
import { residualModels } from "./residual_models.ts";
import { modelEntry, type Task } from "./task.ts";

const IMAGE = [32, 32, 3];
const RESIDUAL_STEPS = 2500; // five minutes on two cores

/** 50,000 photographs of ten kinds of things to train on, 10,000 to test on: `deno task data cifar10`. */
export const cifar10: Task = cifarTask("cifar10", 10, "classify small photographs of 10 kinds of things");

/** The same number of photographs of a hundred kinds: `deno task data cifar100`. */
export const cifar100: Task = cifarTask("cifar100", 100, "classify small photographs of 100 kinds of things");

/** Images are padded, cut and flipped at random in training, and classified by softmax cross-entropy. */
function cifarTask(name: CifarName, classes: number, description: string): Task {
  return {
    name,
    description,
    models: {
      lenet: modelEntry({}, () => lenet(IMAGE, classes)),
      alexnet: modelEntry({}, () => alexnet(IMAGE, classes)),
      vgg16: modelEntry({}, () => vgg16(IMAGE, classes)),
      resnet18: modelEntry({}, () => resnet18(IMAGE, classes)),
      ...residualModels(IMAGE, classes, { steps: RESIDUAL_STEPS }),
    },
    output: softmax(),
    metrics: { accuracy },
    readsFolder: true,
    download: name,
    load: async (folder) => {
      const { cifar } = await import("../data/cifar.ts");
      return await cifar(downloaded({ name, download: name }, folder), name);
    },
    defaults: {
      optimizer: "apo-momentum",
      steps: 4500, // three minutes on two cores
      batchSize: 128,
      learningRates: { sgd: 0.1, momentum: 0.01, rmsprop: 0.0005, adam: 0.001 },
    },
  };
}
