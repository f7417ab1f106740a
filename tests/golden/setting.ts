/** Golden files' models, losses, parameters and rules in this library's terms: they store kernels [out, in]. */
import * as tf from "@tensorflow/tfjs";
import {
  bernoulli,
  diagonal,
  gaussian,
  kfacStructured,
  type Module,
  type Parameterization,
  perBlockRates,
  type Problem,
  scalarRate,
  sequential,
  softmax,
  type Tensor,
  type Tensors,
} from "../../mod.ts";
import { conv2d, dense, flatten, globalAveragePool } from "../../mod.ts";
import type { Recorded } from "./comparison.ts";

// deno-lint-ignore no-explicit-any
export type Json = any;

/** Both ways between a golden array and one of our parameters. */
export interface Layout {
  ours(recorded: Recorded): Tensor;
  theirs(tensor: Tensor): Tensor;
}

export const swapped: Layout = {
  ours: (recorded) => tf.transpose(tf.tensor(recorded.data, recorded.shape)),
  theirs: (tensor) => tf.transpose(tensor),
};
export const same: Layout = {
  ours: (recorded) => tf.tensor(recorded.data, recorded.shape),
  theirs: (tensor) => tensor,
};

/** A kernel [out, patch] whose patch is ordered (in, kh, kw) or (kh, kw, in); ours is [kh, kw, in, out]. */
function convolution(layer: Json): Layout & { patch: Layout } {
  const { c_in, c_out, kh, kw, patch_order } = layer;
  const channelsFirst = patch_order === "in,kh,kw";
  const ours = (recorded: Recorded) => {
    const order = channelsFirst ? [c_out, c_in, kh, kw] : [c_out, kh, kw, c_in];
    return tf.transpose(tf.tensor(recorded.data, order), channelsFirst ? [2, 3, 1, 0] : [1, 2, 3, 0]);
  };
  const theirs = (tensor: Tensor) => {
    const image = tf.reshape(tensor, [kh, kw, c_in, c_out]);
    return tf.reshape(tf.transpose(image, channelsFirst ? [3, 2, 0, 1] : [3, 0, 1, 2]), [c_out, -1]);
  };
  // A is [patch, patch]: the order of its rows and columns, ours = permutation of theirs
  const indices = tf.tidy(() => {
    const numbers = tf.range(0, c_in * kh * kw);
    const image = channelsFirst ? tf.transpose(tf.reshape(numbers, [c_in, kh, kw]), [1, 2, 0]) : numbers;
    return [...tf.reshape(image, [-1]).dataSync()];
  });
  const inverse = indices.map((_, i) => indices.indexOf(i));
  const permute = (a: Tensor, by: number[]) => tf.gather(tf.gather(a, by), by, 1);
  return { ours, theirs, patch: { ours: (a) => permute(same.ours(a), indices), theirs: (a) => permute(a, inverse) } };
}

/** How one golden parameter maps to ours. */
export interface Parameter extends Layout {
  readonly name: string;
  /** Of the structured form's A. */
  readonly patch: Layout;
}

function layerOf(layer: Json): Module[] {
  const activation = layer.act, bias = layer.bias;
  if (layer.type === "dense") return [dense({ units: layer.n_out, activation, bias })];
  if (layer.type === "conv") {
    const padding = layer.padding.startsWith("same") ? "same" : "valid";
    return [
      conv2d({ filters: layer.c_out, window: [layer.kh, layer.kw], stride: layer.stride, padding, activation, bias }),
    ];
  }
  if (layer.type === "flatten") return [flatten()];
  if (layer.type === "globalavgpool") return [globalAveragePool()];
  throw new Error(`layer type ${layer.type} is not known here`);
}

const outputs = {
  softmax: softmax(),
  squared: gaussian(),
  bernoulli: bernoulli(),
};

/** The problem, and the golden order of its parameters. */
export function problemOf(model: Json, inputShape: number[]): { problem: Problem; parameters: Parameter[] } {
  const output = outputs[model.out as keyof typeof outputs];
  const network = sequential(inputShape, model.layers.flatMap(layerOf));
  const parameters: Parameter[] = [];
  const counts: Record<string, number> = {};
  for (const layer of model.layers) {
    if (!["dense", "conv"].includes(layer.type)) continue;
    const name = `${layer.type}${counts[layer.type] = (counts[layer.type] ?? 0) + 1}`;
    const kernel = layer.type === "conv" ? convolution(layer) : { ...swapped, patch: same };
    parameters.push({ name: `${name}/kernel`, ...kernel });
    if (layer.bias === "separate") parameters.push({ name: `${name}/bias`, ...same, patch: same });
  }
  return { problem: { model: network, output }, parameters };
}

/** Golden parameters as ours. */
export const toOurs = (parameters: Parameter[], recorded: Recorded[]): Tensors =>
  Object.fromEntries(parameters.map((parameter, i) => [parameter.name, parameter.ours(recorded[i])]));

/** How a golden rule's φ maps to ours: our name, and the layout of what it is a factor of. */
export interface Rule {
  readonly parameterization: Parameterization;
  /** Every tensor of φ in the golden order: our name, theirs (index and key), and the layout. */
  entries(parameters: Parameter[]): { name: string; index: number; key?: "A" | "B" | "S"; layout: Layout }[];
}

const scalarLayout: Layout = { ours: (r) => tf.scalar(r.data[0]), theirs: (x) => x };

/** The rules by their golden names, starting at `lr0`. */
export function ruleOf(name: string, learningRate = 0.1): Rule {
  switch (name) {
    case "loglr":
      return {
        parameterization: scalarRate({ learningRate }),
        entries: () => [{ name: "rate", index: 0, layout: scalarLayout }],
      };
    case "loglr_per_block":
      return {
        parameterization: perBlockRates({ learningRate }),
        entries: (parameters) =>
          parameters.map((parameter, index) => ({ name: `rate/${parameter.name}`, index, layout: scalarLayout })),
      };
    case "diag":
      return {
        parameterization: diagonal({ learningRate }),
        entries: (parameters) =>
          parameters.map((parameter, index) => ({ name: `s/${parameter.name}`, index, layout: parameter })),
      };
    case "structured":
      return {
        parameterization: kfacStructured({ learningRate }),
        entries: (parameters) =>
          parameters.flatMap((parameter, index) => {
            const whole = parameter.name.endsWith("bias") ? [{ key: "S" as const, layout: same }] : [
              { key: "A" as const, layout: parameter.patch },
              { key: "B" as const, layout: same },
              { key: "S" as const, layout: matrixForm(parameter) },
            ];
            return whole.map(({ key, layout }) => ({ name: `${key}/${parameter.name}`, index, key, layout }));
          }),
      };
    default:
      throw new Error(`rule ${name} is not known here`);
  }
}

/** S of a convolution is a matrix [patch, out]. */
function matrixForm(parameter: Parameter): Layout {
  return {
    ours: (recorded) => {
      const kernel = parameter.ours(recorded);
      return tf.reshape(kernel, [-1, kernel.shape[kernel.rank - 1]]);
    },
    theirs: (s) => parameter.theirs(s),
  };
}
