/** Family g: embeddings, alone and with a table that is the output projection, too. */
import * as tf from "@tensorflow/tfjs";
import { crossEntropy, dense, embedding, type Model, network, type Tensor } from "../../mod.ts";
import { valueAndGradients } from "../../runtime/gradients.ts";
import type { Compare } from "./comparison.ts";
import { onlyKnown } from "./families.ts";
import { compareArrays, integers, tensorsOf, training } from "./module_pass.ts";
import { type Json, same } from "./setting.ts";

/** Case `tied`: from tokens to logits of the next ones, by one table. */
function tied(entries: number, size: number): Model {
  return network({
    kind: "tied",
    build: (site, input) => {
      const words = site.child("words", embedding({ entries, size }), input);
      const hidden = site.child("hidden", dense({ units: size, activation: "tanh" }), words.output);
      return {
        output: [...input, entries],
        apply: (pass, x) => words.project(pass, hidden.apply(pass, tf.mul(words.apply(pass, x), Math.sqrt(size)))),
      };
    },
  }, [-1]);
}

/** A model, our names of the file's parameters, and what is compared besides the loss and its gradients. */
const models: Record<
  string,
  (entries: number, size: number) => [Model, names: Record<string, string>, output: string]
> = {
  lookup: (entries, size) => [network(embedding({ entries, size }), [-1]), { table: "table" }, "output"],
  tied: (entries, size) => [
    tied(entries, size),
    { table: "words/table", kernel: "hidden/kernel", bias: "hidden/bias" },
    "logits",
  ],
};

export async function embeddings(file: Json, compare: Compare): Promise<void> {
  for (const each of file.cases) {
    const { name, inputs, labels, cotangent } = each, kind = name.split(/\W/)[0];
    if (!(kind in models)) throw new Error(`the case "${name}" is not known here`);
    const [model, names, output] = models[kind](inputs.table.shape[0], inputs.table.shape[1]);
    onlyKnown(name, each, [
      ...["name", "indices", "inputs", output, "loss", "gradients"],
      ...kind === "tied" ? ["labels"] : ["cotangent"],
    ]);
    const { loss, outputs, gradients } = tf.tidy(() => {
      const x = integers(each.indices);
      const lossOf = (outputs: Tensor): Tensor => {
        if (cotangent) return tf.sum(tf.mul(outputs, same.ours(cotangent)));
        const targets = integers(labels);
        return crossEntropy(outputs, targets, tf.onesLike(targets)); // averaged over all positions
      };
      const { value, gradients, auxiliary } = valueAndGradients<{ outputs: Tensor }>((at) => {
        const params = Object.fromEntries(Object.entries(names).map(([theirs, ours]) => [ours, at[theirs]]));
        const { outputs } = model.apply(params, {}, { x }, training);
        return { value: lossOf(outputs), auxiliary: { outputs } };
      }, tensorsOf(inputs));
      return { loss: value, outputs: auxiliary.outputs, gradients: { ...gradients } };
    });
    await compareArrays(compare, name, { [output]: outputs, loss }, {
      [output]: each[output],
      loss: each.loss,
    });
    await compareArrays(compare, `${name}, gradient`, gradients, each.gradients);
  }
}
