/** Family g: residual blocks. */
import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { basicBlock, inference, type Module, network, preActivationBlock } from "../../mod.ts";
import { disposeTree } from "../../runtime/tree.ts";
import type { Compare } from "./comparison.ts";
import { onlyKnown } from "./families.ts";
import { compareArrays, comparePass, modulePass, training } from "./module_pass.ts";
import type { Json } from "./setting.ts";

function blockOf({ name, kind, filters, stride, shortcut }: Json): Module {
  if (kind === "basic") return basicBlock({ filters, stride, shortcut });
  if (kind === "wide") return preActivationBlock({ filters, stride });
  throw new Error(`${name}: the kind "${kind}" is not known here`);
}

export async function residualBlocks(file: Json, compare: Compare): Promise<void> {
  for (const each of file.cases) {
    onlyKnown(each.name, each, [
      ...["name", "kind", "filters", "stride", "shortcut", "momentum", "epsilon", "x", "params", "running_before"],
      ...["cotangent", "output", "output_in_evaluation_with_running_before", "running_after", "loss", "gradients"],
    ]);
    const { name, x, params, cotangent, running_before: buffers } = each;
    assertEquals([each.momentum, each.epsilon], [0.1, 1e-5], `${name}: those of a block's norms`);
    const model = network(blockOf(each), x.shape.slice(1)), recorded = { model, params, x, buffers, cotangent };
    const pass = tf.tidy(() => modulePass({ ...recorded, mode: training }));
    await comparePass(compare, name, pass, each);
    await compareArrays(compare, `${name}, running`, pass.buffers, each.running_after);
    const { output, ...others } = tf.tidy(() => modulePass({ ...recorded, mode: inference }));
    const expected = { output: each.output_in_evaluation_with_running_before };
    await compareArrays(compare, `${name}, evaluation`, { output }, expected);
    disposeTree({ ...others.gradients, ...others.buffers, loss: others.loss });
  }
}
