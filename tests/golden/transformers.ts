/** Family g: whole Transformers. */
import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { softmax, type Tensor, transformer } from "../../mod.ts";
import { valueAndGradients } from "../../runtime/gradients.ts";
import { withoutKeyBias } from "./attentions.ts";
import type { Compare } from "./comparison.ts";
import { onlyKnown } from "./families.ts";
import { compareArrays, integers, tensorsOf, training } from "./module_pass.ts";
import type { Json } from "./setting.ts";

export async function transformers(file: Json, compare: Compare): Promise<void> {
  const { network, losses } = file, params: Json = withoutKeyBias(file.params);
  onlyKnown("file", file, [
    ...["case", "topic", "conventions", "description", "loss", "params_hold", "network", "params", "source"],
    ...["target_input", "target_output", "tokens", "encoder_output", "logits", "losses"], // the encoder's is not given out
  ]);
  onlyKnown("network", network, [
    ...[
      "size",
      "heads",
      "ffn",
      "vocabulary",
      "encoder_layers",
      "decoder_layers",
      "norm",
      "epsilon",
      "pad",
      "bos",
      "eos",
    ],
    ...["tied", "positions", "embedding_scale", "label_smoothing"],
  ]);
  const { size: width, heads, ffn: hidden, vocabulary, decoder_layers: layers, norm, tied } = network;
  assertEquals([network.encoder_layers, network.epsilon, network.pad], [layers, 1e-5, 0]);
  const model = transformer({ vocabulary, width, heads, hidden, layers, norm, tied });
  assertEquals(Object.keys(params).sort(), Object.keys(model.leaves).sort(), "parameters");

  const { logits, gradients, ...found } = tf.tidy(() => {
    const source = integers(file.source), target = integers(file.target_input), targets = integers(file.target_output);
    const weights = tf.cast(tf.notEqual(targets, 0), "float32");
    const lossAt = (labelSmoothing: number, outputs: Tensor) =>
      softmax({ labelSmoothing }).loss(outputs, targets, weights);
    const smoothing = network.label_smoothing;
    const { value, gradients, auxiliary } = valueAndGradients<{ logits: Tensor }>((at) => {
      const { outputs } = model.apply(at, {}, { source, target }, training);
      return { value: lossAt(smoothing, outputs), auxiliary: { logits: outputs } };
    }, tensorsOf(params));
    const { logits } = auxiliary;
    return {
      logits: tf.mul(logits, tf.expandDims(weights, -1)) as Tensor,
      gradients: { ...gradients },
      label_smoothed: value,
      label_smoothed_fairseq: lossAt(smoothing * vocabulary / (vocabulary - 1), logits),
      negative_log_likelihood: lossAt(0, logits),
    };
  });
  await compareArrays(compare, "outputs", { logits }, { logits: file.logits });
  await compareArrays(compare, "loss", found, losses);
  const recorded = Object.entries<Json>(params).map(([name, { shape, gradient }]) => [name, { shape, data: gradient }]);
  await compareArrays(compare, "gradient", gradients, Object.fromEntries(recorded), 1e-5);
}
