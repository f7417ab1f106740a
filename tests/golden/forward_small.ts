/** Family g: whole networks, narrow, made by the constructors of the library. */
import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { crossEntropy, inference, type Mode, type Model, type Tensor, type Tensors, type Tree } from "../../mod.ts";
import { alexnetOf } from "../../models/networks/alexnet.ts";
import { lenetOf } from "../../models/networks/lenet.ts";
import { resnetOf } from "../../models/networks/resnet.ts";
import { vggOf } from "../../models/networks/vgg.ts";
import { wideResnetOf } from "../../models/networks/wide_resnet.ts";
import { valueAndGradients } from "../../runtime/gradients.ts";
import type { Compare } from "./comparison.ts";
import { onlyKnown } from "./families.ts";
import { type Arrays, compareArrays, integers, tensorsOf, training } from "./module_pass.ts";
import { networkOf } from "./network_of.ts";
import { type Json, same } from "./setting.ts";

/** The widths of a list of layers. */
interface Widths {
  readonly convolutions: Json[];
  /** Filters, a list for each pool. */
  readonly stages: number[][];
  readonly units: number[];
}

/** Of networks that a file describes as a list, by what the file is called; another list is built layer by layer. */
const lists: Record<string, (image: number[], widths: Widths, layers: Json[]) => Model> = {
  lenet: (image, { convolutions, units }) => {
    const [first, second] = convolutions.map(({ filters }) => filters);
    return lenetOf(image, { channels: [first, second], units, padding: convolutions[0].padding });
  },
  alexnet: (image, { convolutions, units: [classes] }) =>
    alexnetOf(image, classes, convolutions.map(({ filters }) => filters)),
  vgg: (image, { convolutions, stages, units: [classes] }, layers) =>
    vggOf(image, classes, {
      channels: stages,
      normalized: layers.some(({ type }) => type === "batchNorm"),
      bias: convolutions[0].bias ? "separate" : "none",
    }),
};

function widthsOf(layers: Json[]): Widths {
  const stages: number[][] = [[]];
  for (const { type, filters } of layers) {
    if (type === "maxPool") stages.push([]);
    if (type === "conv") stages.at(-1)!.push(filters);
  }
  return {
    convolutions: layers.filter(({ type }) => type === "conv"),
    stages: stages.slice(0, -1),
    units: layers.filter(({ type }) => type === "dense").map(({ units }) => units),
  };
}

function modelOf(file: Json, image: number[]): Model {
  const { kind, classes, ...rest } = file.network;
  if (kind === "resnet") {
    onlyKnown("network", rest, ["widths", "blocks", "shortcut"]);
    return resnetOf(image, classes, rest);
  }
  if (kind === "wide_resnet") {
    onlyKnown("network", rest, ["stem", "widths", "blocks"]);
    return wideResnetOf(image, classes, rest);
  }
  const list = Object.keys(lists).find((name) => file.case.includes(name));
  return list ? lists[list](image, widthsOf(rest.layers), rest.layers) : networkOf(file, image);
}

export async function forwardSmall(file: Json, compare: Compare): Promise<void> {
  onlyKnown("file", file, [
    ...["case", "topic", "conventions", "description", "network", "momentum", "epsilon", "x", "labels", "params"],
    ...["running_before", "training", "evaluation_with_running_before"],
  ]);
  const { params, running_before: before, training: trained, evaluation_with_running_before: evaluated } = file;
  onlyKnown("training", trained, ["logits", "loss", "running_after", "gradients", "gradient_norms"]);
  onlyKnown("evaluation", evaluated, ["logits", "loss"]);
  assertEquals([file.momentum, file.epsilon], [0.1, 1e-5], "those of a network's norms");
  const model = modelOf(file, file.x.shape.slice(1));
  assertEquals(Object.keys(params), Object.keys(model.leaves), "parameters");
  assertEquals(Object.keys(before).sort(), tf.tidy(() => Object.keys(model.init(0).buffers)).sort(), "buffers");

  const { gradients, norms, buffers, ...passed } = tf.tidy(() => {
    const { gradients, ...rest } = pass(model, file, training), norms: Record<string, Tensor> = {};
    for (const [name, gradient] of Object.entries(gradients)) norms[name] = tf.norm(gradient);
    const recorded = Object.entries(gradients).filter(([name]) => name in trained.gradients);
    return { ...rest, gradients: Object.fromEntries(recorded), norms };
  });
  await compareArrays(compare, "training", passed, { logits: trained.logits, loss: trained.loss });
  await compareArrays(compare, "running", buffers as Tensors, trained.running_after);
  await compareArrays(compare, "gradient", gradients, trained.gradients);
  for (const name of Object.keys(norms).filter((name) => !(name in trained.gradient_norms))) {
    // the file leaves out the bias before a batchNorm, whose gradient is 0 but for rounding
    assert(name.endsWith("/bias"), name);
    const [bias, kernel] = [norms[name], norms[name.replace(/bias$/, "kernel")]];
    assert((await bias.data())[0] < 1e-4 * (await kernel.data())[0], `the gradient of ${name} is not 0`);
    bias.dispose();
    delete norms[name];
  }
  await compareArrays(compare, "norm of the gradient", norms, trained.gradient_norms);

  const { logits, loss } = tf.tidy(() => {
    const { logits, loss } = pass(model, file, inference);
    return { logits, loss };
  });
  await compareArrays(compare, "evaluation", { logits, loss }, { logits: evaluated.logits, loss: evaluated.loss });
}

/** Logits, loss and gradients of the file's batch, and the buffers afterwards. */
function pass(
  model: Model,
  { x, labels, params, running_before: before }: { x: Json; labels: Json; params: Arrays; running_before: Arrays },
  mode: Mode,
): { logits: Tensor; loss: Tensor; buffers: Tree; gradients: Tensors } {
  const buffers = tensorsOf(before), inputs = { x: same.ours(x) }, targets = integers(labels);
  const { value, gradients, auxiliary } = valueAndGradients<{ outputs: Tensor; buffers: Tree }>((at) => {
    const applied = model.apply(at, buffers, inputs, mode);
    return { value: crossEntropy(applied.outputs, targets), auxiliary: { ...applied } };
  }, tensorsOf(params));
  return { logits: auxiliary.outputs, loss: value, buffers: auxiliary.buffers, gradients };
}
