/** Family g: attention, positions, and the layers of a Transformer. */
import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { type Model, network, type Pass, type Site, type Tensor } from "../../mod.ts";
import { attention, causalMask, paddingMask } from "../../models/layers/attention.ts";
import { sinusoids } from "../../models/layers/positions.ts";
import { decoderLayer, encoderLayer } from "../../models/layers/transformer_layers.ts";
import { valueAndGradients } from "../../runtime/gradients.ts";
import type { Compare } from "./comparison.ts";
import { onlyKnown } from "./families.ts";
import { type Arrays, compareArrays, integers, tensorsOf, training } from "./module_pass.ts";
import { type Json, same } from "./setting.ts";

/** A network of the inputs `x` and `memory`, whose module stands at its root, as the names of a file's parameters say. */
function rooted(size: number, build: (site: Site) => (pass: Pass, x: Tensor, memory: Tensor) => Tensor): Model {
  return network({
    kind: "rooted",
    build: (site) => {
      const apply = build(site);
      return { output: [-1, size], apply: (pass, { x, memory }) => apply(pass, x, memory) };
    },
  }, { x: [-1, size], memory: [-1, size] });
}

/** Ours have no bias of keys: it moves all scores of a query alike. */
export function withoutKeyBias<T>(arrays: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(arrays).filter(([name]) => !/(^|\/)key\/bias$/.test(name)));
}

/** Compares outputs where `counts` is 1, the loss, and its gradients in the parameters and the inputs. */
async function compareRooted(compare: Compare, model: Model, each: Json, counts?: Tensor): Promise<void> {
  const { name, x, memory, cotangent } = each, params: Arrays = withoutKeyBias(each.params);
  assertEquals(Object.keys(params).sort(), Object.keys(model.leaves).sort(), `${name}: parameters`);
  const { output, loss, gradients } = tf.tidy(() => {
    const weights = same.ours(cotangent), inputs = { x: same.ours(x), ...memory && { memory: same.ours(memory) } };
    const { value, gradients, auxiliary } = valueAndGradients<{ output: Tensor }>(({ x, memory = x, ...params }) => {
      const { outputs } = model.apply(params, {}, { x, memory }, training);
      const output: Tensor = counts ? tf.mul(outputs, counts) : outputs;
      return { value: tf.sum(tf.mul(output, weights)), auxiliary: { output } };
    }, { ...tensorsOf(params), ...inputs });
    return { output: auxiliary.output, loss: value, gradients: { ...gradients } };
  });
  await compareArrays(compare, name, { output, loss }, { output: each.output, loss: each.loss });
  await compareArrays(compare, `${name}, gradient`, gradients, withoutKeyBias(each.gradients));
}

export async function attentions(file: Json, compare: Compare): Promise<void> {
  for (const each of file.cases) {
    const { name, heads, causal, key_mask, x } = each;
    onlyKnown(name, each, [
      ...["name", "heads", "causal", "key_mask", "x", "memory", "params", "cotangent", "output", "weights", "loss"],
      "gradients", // the weights are not given out
    ]);
    const [, time, size] = x.shape, visible = integers(key_mask);
    const model = rooted(size, (site) => {
      const built = attention(heads).build(site, [-1, size]);
      return (pass, x, memory) => {
        const padding = paddingMask(visible), mask = causal ? tf.add(padding, causalMask(time)) : padding;
        return built.apply(pass, x, built.memory(pass, memory), mask);
      };
    });
    await compareRooted(compare, model, each);
    visible.dispose();
  }
}

export async function transformerBlocks(file: Json, compare: Compare): Promise<void> {
  for (const each of file.cases) {
    const { name, kind, size, heads, ffn: hidden, norm } = each;
    onlyKnown(name, each, [
      ...["name", "kind", "size", "heads", "ffn", "norm", "epsilon", "mask", "memory_mask", "x", "memory", "params"],
      ...["cotangent", "output", "loss", "gradients"],
    ]);
    assertEquals(each.epsilon, 1e-5, `${name}: that of a layer's norms`);
    const visible = integers(each.mask), memoryVisible = each.memory_mask && integers(each.memory_mask);
    const model = rooted(size, (site) => {
      if (kind === "encoder") {
        const layer = encoderLayer({ heads, hidden, norm }).build(site, [-1, size]);
        return (pass, x) => layer.apply(pass, x, paddingMask(visible));
      }
      assertEquals(kind, "decoder", name);
      const layer = decoderLayer({ heads, hidden, norm }).build(site, [-1, size]);
      return (pass, x, memory) => {
        const masks = { memoryMask: paddingMask(memoryVisible), mask: causalMask(x.shape[1]!) };
        return layer.apply(pass, x, { memory: layer.cross(pass, memory), ...masks }).x;
      };
    });
    const counts: Tensor = tf.tidy(() => tf.expandDims(tf.cast(visible, "float32"), -1));
    await compareRooted(compare, model, each, counts);
    tf.dispose([visible, counts, ...memoryVisible ? [memoryVisible] : []]);
  }
}

/** The layout of the paper; the other one is not offered. */
export async function positions(file: Json, compare: Compare): Promise<void> {
  onlyKnown("file", file, ["case", "topic", "conventions", "description", "size", "positions", "tables"]);
  for (const from of [0, 1]) {
    const ours = tf.tidy(() => {
      const wanted = file.positions.filter((position: number) => position >= from);
      return tf.gather(sinusoids(200 - from, file.size, from), wanted.map((position: number) => position - from));
    });
    const { shape: [rows, size], data } = file.tables.interleaved;
    const theirs = { shape: [rows - from, size], data: data.slice(from * size) };
    await compareArrays(compare, `from ${from}`, { table: ours }, { table: theirs }, 1e-5);
  }
}
