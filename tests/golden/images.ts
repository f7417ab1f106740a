/** Family g: convolutions and pools with strides, margins on either side and rows left over. */
import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { averagePool, conv2d, globalAveragePool, maxPool, type Module, network } from "../../mod.ts";
import type { Compare } from "./comparison.ts";
import { onlyKnown } from "./families.ts";
import { comparePass, modulePass, training } from "./module_pass.ts";
import type { Json } from "./setting.ts";

const common = ["name", "stride", "inputs", "cotangent", "output", "loss", "gradients"];

async function compareCase(compare: Compare, each: Json, module: Module): Promise<void> {
  const { name, cotangent, inputs: { x, ...params } } = each, model = network(module, x.shape.slice(1));
  await comparePass(compare, name, tf.tidy(() => modulePass({ model, params, x, cotangent, mode: training })), each);
}

export async function convolutions(file: Json, compare: Compare): Promise<void> {
  for (const each of file.cases) {
    onlyKnown(each.name, each, [...common, "dilation", "padding"]);
    const { dilation = 1, stride, padding, inputs: { kernel: { shape: [height, width, , filters] }, bias } } = each;
    assertEquals(dilation, 1, `${each.name}: conv2d has no dilation, whose gradient tfjs does not have`);
    const window = [height, width] as const;
    await compareCase(
      compare,
      each,
      conv2d({ filters, window, stride, padding, bias: bias ? "separate" : "none" }),
    );
  }
}

export async function maxPools(file: Json, compare: Compare): Promise<void> {
  for (const each of file.cases) {
    onlyKnown(each.name, each, [...common, "window", "padding"]);
    await compareCase(compare, each, maxPool(each));
  }
}

export async function averagePools(file: Json, compare: Compare): Promise<void> {
  for (const each of file.cases) {
    onlyKnown(each.name, each, [...common, "window"]);
    await compareCase(compare, each, each.window === "all" ? globalAveragePool() : averagePool(each));
  }
}
