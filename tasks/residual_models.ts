/**
 * The residual networks that tasks of images have.
 * @module
 */
import type { Model } from "../models/model.ts";
import type { Shape } from "../models/module.ts";
import { resnet } from "../models/networks/resnet.ts";
import { wideResnet } from "../models/networks/wide_resnet.ts";
import { type ChoiceOf, type ModelEntry, modelEntry } from "./task.ts";

const RESNET: ChoiceOf<"depth" | "width" | "shortcut"> = { depth: 8, width: 8, shortcut: "A" };
const WIDE: ChoiceOf<"depth" | "widen" | "dropout"> = { depth: 10, widen: 1, dropout: 0 };

/**
 * `resnet` and `wideresnet`, small enough for two cores unless told otherwise.
 *
 * @param wrapped What the task makes of a model. Default: nothing.
 * @param steps Of a run. Default: the task's.
 */
export function residualModels(
  image: Shape,
  classes: number,
  { wrapped = (model) => model, steps }: { readonly wrapped?: (model: Model) => Model; readonly steps?: number },
): { readonly resnet: ModelEntry; readonly wideresnet: ModelEntry } {
  return {
    resnet: modelEntry(RESNET, (choice) => wrapped(resnet(image, classes, choice)), steps),
    wideresnet: modelEntry(WIDE, (choice) => wrapped(wideResnet(image, classes, choice)), steps),
  };
}
