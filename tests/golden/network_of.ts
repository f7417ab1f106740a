/** Family g: networks that a file describes as a list of layers. */
import {
  activation,
  averagePool,
  batchNorm,
  conv2d,
  dense,
  flatten,
  globalAveragePool,
  layerNorm,
  maxPool,
  type Model,
  type Module,
  sequential,
} from "../../mod.ts";
import { onlyKnown } from "./families.ts";
import type { Json } from "./setting.ts";

/** What a type of layer reads of its description, and the module that it is; `file` has the settings of all norms. */
const modules: Record<string, { reads: string[]; module: (layer: Json, file: Json) => Module }> = {
  dense: { reads: ["units", "bias"], module: ({ units, bias }) => dense({ units, bias: biasOf(bias) }) },
  conv: {
    reads: ["filters", "window", "stride", "padding", "bias"],
    module: ({ bias, ...rest }) => conv2d({ ...rest, bias: biasOf(bias) }),
  },
  batchNorm: { reads: [], module: (_layer, { momentum, epsilon }) => batchNorm({ momentum, epsilon }) },
  layerNorm: { reads: [], module: (_layer, { epsilon }) => layerNorm({ epsilon }) },
  maxPool: { reads: ["window", "stride", "padding"], module: (layer) => maxPool(layer) },
  avgPool: { reads: ["window", "stride", "padding"], module: (layer) => averagePool(layer) },
  globalAveragePool: { reads: [], module: () => globalAveragePool() },
  flatten: { reads: [], module: () => flatten() },
  relu: { reads: [], module: () => activation("relu") },
  tanh: { reads: [], module: () => activation("tanh") },
  sigmoid: { reads: [], module: () => activation("sigmoid") },
};

const biasOf = (bias = true): "separate" | "none" => bias ? "separate" : "none";

/** The network of a file or of a case. */
export function networkOf(file: Json, inputShape: number[]): Model {
  const { kind, layers, ...unknown } = file.network;
  onlyKnown("network", unknown, []);
  if (kind !== "sequential") throw new Error(`a network of the kind "${kind}" is not known here`);
  return sequential(
    inputShape,
    layers.map((layer: Json) => {
      if (!(layer.type in modules)) throw new Error(`layer type ${layer.type} is not known here`);
      const { reads, module } = modules[layer.type];
      onlyKnown(layer.type, layer, ["type", ...reads]);
      const { type: _, ...options } = layer;
      return module(options, file);
    }),
  );
}
