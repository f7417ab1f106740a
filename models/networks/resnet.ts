/**
 * Residual networks.
 * @module
 */
import { oneOf, positiveWhole } from "../../runtime/errors.ts";
import { batchNorm } from "../layers/batch_norm.ts";
import { dense } from "../layers/dense.ts";
import { globalAveragePool } from "../layers/pool.ts";
import { basicBlock, type Shortcut } from "../layers/residual.ts";
import { sequential } from "../layers/series.ts";
import type { Model } from "../model.ts";
import type { Shape } from "../module.ts";
import { checkClassifier } from "./image_classifier.ts";
import { type Stages, stagesOf, stem, threeStages } from "./stages.ts";

/** Options of {@linkcode resnet}. */
export interface ResnetOptions {
  /** Layers with weights, shortcuts aside: 6n + 2, such as 8, 20, 32 or 110. */
  readonly depth: number;
  /** Channels of the first of the three stages; each further stage doubles them. Default: 16. */
  readonly width?: number;
  /** What goes around a block where the shape changes. Default: `"A"`, as published. */
  readonly shortcut?: Shortcut;
}

/**
 * A residual network for small images (He et al. 2016, arXiv 1512.03385, section 4.2): a 3×3 convolution, three stages of n basic
 * blocks, and the mean over the image before one dense layer. ResNet-20 has 269,722 parameters on `[32, 32, 3]` with 10 classes,
 * ResNet-32 464,154.
 *
 * @param image `[height, width, channels]`, of any size; two stages halve it.
 * @throws `UserError` for a depth that is no 6n + 2, for numbers that are no positive whole ones, and a shape that is no image.
 */
export function resnet(image: Shape, classes: number, options: ResnetOptions): Model {
  checkClassifier("resnet", image, classes);
  const { depth, width = 16, shortcut = "A" } = options ?? {}; // without any it is the depth that is missing
  positiveWhole("width", width);
  oneOf("shortcut", shortcut, ["A", "B"]);
  return resnetOf(image, classes, { ...threeStages(depth, 2, width), shortcut });
}

/**
 * ResNet-18 (He et al. 2016, arXiv 1512.03385) in the form that is usual for images of 32 × 32: a 3×3 convolution without a pool
 * after it, and four stages of two basic blocks with 64 to 512 channels and shortcut B (github.com/kuangliu/pytorch-cifar).
 * 11,173,962 parameters on `[32, 32, 3]` with 10 classes.
 *
 * @param image `[height, width, channels]`, of any size; three stages halve it.
 * @throws `UserError` for a shape that is no image, and a number of classes that is no positive whole number.
 */
export function resnet18(image: Shape, classes: number): Model {
  checkClassifier("resnet18", image, classes);
  return resnetOf(image, classes, { widths: [64, 128, 256, 512], blocks: [2, 2, 2, 2], shortcut: "B" });
}

/** A residual network of basic blocks, with any stages. */
export function resnetOf(
  image: Shape,
  classes: number,
  { widths, blocks, shortcut }: Stages & { readonly shortcut: Shortcut },
): Model {
  return sequential(image, {
    stem: stem(widths[0]),
    stem_norm: batchNorm({ activation: "relu" }),
    ...stagesOf({ widths, blocks }, (options) => basicBlock({ ...options, shortcut })),
    mean: globalAveragePool(),
    classifier: dense({ units: classes }),
  });
}
