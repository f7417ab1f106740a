/**
 * Networks that are a list of layers.
 * @module
 */
import { random } from "../runtime/random.ts";
import type { Tensor, Tensors, Tree } from "../runtime/tensor.ts";
import { type BuiltLayer, type Layer, layerMode } from "./layers/layer.ts";
import type { Leaf, Model } from "./model.ts";

/** A model whose input is `x`, `[batch, …inputShape]`, and whose layers follow one another. */
export function sequential(inputShape: readonly number[], layers: readonly Layer[]): Model {
  const built: [name: string, layer: BuiltLayer][] = [];
  const counts: Record<string, number> = {};
  let shape = inputShape;
  for (const layer of layers) {
    const number = counts[layer.kind] = (counts[layer.kind] ?? 0) + 1;
    const built1 = layer.build(shape);
    built.push([`${layer.kind}${number}`, built1]);
    shape = built1.outputShape;
  }
  const leaves: Record<string, Leaf> = {};
  for (const [name, layer] of built) {
    for (const [leaf, what] of Object.entries(layer.leaves)) leaves[`${name}/${leaf}`] = { layer: name, ...what };
  }
  return {
    leaves,
    init: (seed) => {
      const params: Record<string, Tensor> = {}, buffers: Record<string, Tree> = {};
      for (const [name, layer] of built) {
        for (const [leaf, value] of Object.entries(layer.init(random(seed, `init/${name}`)))) {
          params[`${name}/${leaf}`] = value;
        }
        if (layer.initBuffers) buffers[name] = layer.initBuffers();
      }
      return { params, buffers };
    },
    apply: (params, buffers, inputs, mode) => {
      let x = inputs.x as Tensor;
      const after: Record<string, Tree> = { ...buffers as Record<string, Tree> };
      for (const [name, layer] of built) {
        const own = Object.fromEntries(Object.keys(layer.leaves).map((leaf) => [leaf, params[`${name}/${leaf}`]]));
        const result = layer.apply(own, x, layerMode(mode, name), (buffers[name] ?? {}) as Tensors);
        if ("outputs" in result) {
          x = result.outputs;
          after[name] = result.buffers;
        } else x = result;
      }
      return { outputs: x, buffers: after };
    },
  };
}
