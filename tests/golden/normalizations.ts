/** Family g: batch and layer normalization. */
import * as tf from "@tensorflow/tfjs";
import { batchNorm, inference, layerNorm, network } from "../../mod.ts";
import type { Compare } from "./comparison.ts";
import { onlyKnown } from "./families.ts";
import { compareArrays, comparePass, modulePass, training } from "./module_pass.ts";
import type { Json } from "./setting.ts";

export async function batchNorms(file: Json, compare: Compare): Promise<void> {
  for (const each of file.cases) {
    onlyKnown(each.name, each, [
      ...["name", "training", "momentum", "epsilon", "inputs", "running_before", "cotangent", "output"],
      ...["batch_statistics", "running_after", "loss", "gradients"],
    ]);
    const { name, momentum, epsilon, inputs: { x, ...params } } = each;
    const mode = each.training ? training : inference, buffers = each.running_before, { cotangent } = each;
    const passWith = (momentum: number) => {
      const model = network(batchNorm({ momentum, epsilon }), x.shape.slice(1));
      return tf.tidy(() => modulePass({ model, params, x, buffers, cotangent, mode }));
    };
    const pass = passWith(momentum);
    await comparePass(compare, name, pass, each);
    await compareArrays(compare, `${name}, running`, pass.buffers, each.running_after);
    if (each.training) {
      const { mean, variance_biased, variance_unbiased, ...unknown } = each.batch_statistics;
      onlyKnown(name, unknown, []);
      const count = x.data.length / mean.data.length;
      const ours = tf.tidy(() => { // with a momentum of 1 the running statistics are the batch's
        const { mean, variance } = passWith(1).buffers;
        return { mean, variance, biased: tf.mul(variance, (count - 1) / count) };
      });
      const theirs = { mean, variance: variance_unbiased, biased: variance_biased };
      await compareArrays(compare, `${name}, statistics`, ours, theirs);
    }
  }
}

export async function layerNorms(file: Json, compare: Compare): Promise<void> {
  for (const each of file.cases) {
    onlyKnown(each.name, each, ["name", "epsilon", "inputs", "cotangent", "output", "loss", "gradients"]);
    const { name, epsilon, cotangent, inputs: { x, ...params } } = each;
    const model = network(layerNorm({ epsilon }), x.shape.slice(1));
    await comparePass(compare, name, tf.tidy(() => modulePass({ model, params, x, cotangent, mode: training })), each);
  }
}
