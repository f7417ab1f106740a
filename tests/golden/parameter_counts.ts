/** Family g: how many parameters the published networks have, and of which shapes. */
import { assert, assertEquals } from "@std/assert";
import { alexnet, lenet, type Model, resnet, resnet18, transformer, vgg16, wideResnet } from "../../mod.ts";
import { lenetOf } from "../../models/networks/lenet.ts";
import { VGG16, vggOf } from "../../models/networks/vgg.ts";
import type { Compare } from "./comparison.ts";
import { onlyKnown } from "./families.ts";
import type { Json } from "./setting.ts";

const SIDE = 32; // of the images that a LeNet's margin makes

/** What is read of each kind, and the network. */
const kinds: Record<string, { reads: string[]; model: (image: number[], classes: number, network: Json) => Model }> = {
  lenet5: {
    reads: ["padding"],
    model: (image, classes, { padding }) =>
      image[0] + 2 * padding === SIDE
        ? lenet(image, classes)
        : lenetOf(image, { channels: [6, 16], units: [120, 84, classes], padding }),
  },
  alexnet: { reads: [], model: alexnet },
  vgg16: {
    reads: ["batch_norm", "conv_bias"],
    model: (image, classes, { batch_norm: normalized, conv_bias: bias }) =>
      normalized && bias
        ? vgg16(image, classes)
        : vggOf(image, classes, { ...VGG16, normalized, bias: bias ? "separate" : "none" }),
  },
  resnet18: { reads: [], model: resnet18 },
  resnet_cifar: { reads: ["depth", "width", "shortcut"], model: resnet },
  wide_resnet: { reads: ["depth", "widen"], model: wideResnet },
};

const sum = (shapes: readonly (readonly number[])[]): number =>
  shapes.reduce((total, shape) => total + shape.reduce((size, n) => size * n, 1), 0);

// async as the other topics' readers are
export function parameterCounts(file: Json, compare: Compare): Promise<void> {
  onlyKnown("file", file, ["case", "topic", "conventions", "description", "variants", "networks"]);
  for (const { name, network: { kind, ...network }, ...expected } of file.networks) {
    if (kind === "transformer") {
      countTransformer(compare, name, network, expected);
      continue;
    }
    assert(kind in kinds, `${name}: the kind "${kind}" is not known here`);
    const { reads, model } = kinds[kind];
    onlyKnown(name, network, reads);
    onlyKnown(name, expected, ["input", "parameters", "running_statistics", "layers_at_10_classes"]);
    const leavesAt = (classes: number) => Object.values(model(expected.input, classes, network).leaves);
    for (const [classes, count] of Object.entries(expected.parameters)) {
      compare(
        `${name}, ${classes} classes`,
        sum(leavesAt(Number(classes)).map(({ shape }) => shape)),
        count as number,
        0,
      );
    }
    const leaves = leavesAt(10), scales = leaves.filter(({ role }) => role === "scale");
    // a mean and a variance for each of a batchNorm's scales: forward_small has the buffers themselves
    compare(`${name}, running statistics`, 2 * sum(scales.map(({ shape }) => shape)), expected.running_statistics, 0);
    if (!expected.layers_at_10_classes) continue;
    const shapes = expected.layers_at_10_classes.map(([, shape]: [string, number[]]) => `${shape}`);
    assertEquals(leaves.map(({ shape }) => `${shape}`).sort(), shapes.sort(), name);
  }
  return Promise.resolve();
}

/** Ours have no bias of keys. Separate vocabularies of source and target are not offered. */
function countTransformer(compare: Compare, name: string, network: Json, expected: Json): void {
  const { size: width, heads, ffn: hidden, encoder_layers: layers, decoder_layers, tied, norm, ...vocabularies } =
    network;
  const { source_vocabulary: vocabulary, target_vocabulary: target, ...others } = vocabularies;
  onlyKnown(name, others, []);
  onlyKnown(name, expected, ["parameters", "running_statistics", "layers"]);
  assertEquals(decoder_layers, layers, name);
  if (target !== vocabulary) return;
  const { leaves } = transformer({ vocabulary, width, heads, hidden, layers, tied, norm }), attentions = 3 * layers;
  const shapes = Object.values(leaves).map(({ shape }) => shape),
    keyBiases = Array.from({ length: attentions }, () => [width]);
  compare(name, sum([...shapes, ...keyBiases]), expected.parameters, 0);
  if (!expected.layers) return;
  const theirs = expected.layers.map(([, shape]: [string, number[]]) => `${shape}`);
  assertEquals([...shapes, ...keyBiases].map((shape) => `${shape}`).sort(), theirs.sort(), name);
}
