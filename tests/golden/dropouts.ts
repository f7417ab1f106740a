/** Family g: dropout by a given mask. */
import * as tf from "@tensorflow/tfjs";
import { dropout, inference, type Mode, network } from "../../mod.ts";
import { chanceOf, drawsOf } from "../../runtime/chance.ts";
import { disposeTree } from "../../runtime/tree.ts";
import type { Compare } from "./comparison.ts";
import { onlyKnown } from "./families.ts";
import { compareArrays, comparePass, modulePass } from "./module_pass.ts";
import type { Json } from "./setting.ts";

export async function dropouts(file: Json, compare: Compare): Promise<void> {
  for (const [number, each] of file.cases.entries()) {
    const what = `case ${number}`;
    onlyKnown(what, each, [
      ...["name", "rate", "mask", "inputs", "cotangent", "output", "output_in_inference", "loss", "gradients"],
    ]);
    const { rate, mask, cotangent, inputs: { x, ...params } } = each;
    const model = network(dropout(rate), x.shape.slice(1));
    const pass = (mode: Mode) => tf.tidy(() => modulePass({ model, params, x, cotangent, mode }));
    await comparePass(compare, what, pass(drawing(mask.flat(Infinity))), each);
    const { output, ...others } = pass(inference);
    await compareArrays(compare, `${what}, inference`, { output }, { output: each.output_in_inference });
    disposeTree({ ...others.gradients, loss: others.loss });
  }
}

/** Training, in which the numbers drawn are these: what is 1 is kept at every rate. */
function drawing(numbers: readonly number[]): Mode {
  return {
    training: true,
    random: (name) => ({ ...drawsOf(chanceOf(0, 0), name), uniform: (shape) => tf.tensor([...numbers], [...shape]) }),
  };
}
