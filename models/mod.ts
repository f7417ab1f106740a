/**
 * Functional networks: `init(seed)` gives parameters, `apply(params, …)` outputs.
 * @module
 */
export * from "./model.ts";
export * from "./linear_map.ts";
export type { Padding } from "./windows.ts";
export type { Margins, Windows } from "../runtime/windows.ts";
export * from "./mode.ts";
export * from "./module.ts";
export * from "./network.ts";
export type { Activation } from "./activations.ts";
export * from "./init.ts";
export { alexnet } from "./networks/alexnet.ts";
export { lenet } from "./networks/lenet.ts";
export * from "./networks/networks.ts";
export { resnet, resnet18, type ResnetOptions } from "./networks/resnet.ts";
export * from "./networks/rosenbrock.ts";
export {
  type Decoding,
  type SequenceModel,
  type Tied,
  transformer,
  TRANSFORMER_IWSLT,
  type TransformerOptions,
} from "./networks/transformer.ts";
export { vgg16 } from "./networks/vgg.ts";
export { wideResnet, type WideResnetOptions } from "./networks/wide_resnet.ts";
export { type BeamOptions, beamSearch } from "./decoding/beam_search.ts";
export { type DecodingOptions, greedy } from "./decoding/greedy.ts";
export * from "./tokens.ts";
export * from "./layers/activation.ts";
export * from "./layers/attention.ts";
export * from "./layers/batch_norm.ts";
export * from "./layers/series.ts";
export { conv2d, type Conv2dOptions } from "./layers/conv2d.ts";
export * from "./layers/dense.ts";
export * from "./layers/dropout.ts";
export * from "./layers/embedding.ts";
export * from "./layers/layer_norm.ts";
export * from "./layers/pool.ts";
export * from "./layers/reshape.ts";
export * from "./layers/positions.ts";
export * from "./layers/residual.ts";
export * from "./layers/transformer_layers.ts";
export { type Chance, chanceOf, type Draws, drawsOf, stepTensor } from "../runtime/chance.ts";
export { type Random, random, randomTensor } from "../runtime/random.ts";
export type { Tensor, Tensors, Tree } from "../runtime/tensor.ts";
