/**
 * What a training reads back from its device.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensors } from "../runtime/tensor.ts";
import { throwLoss } from "../runtime/webgpu/loss.ts";
import { throwRejection } from "../runtime/webgpu/rejections.ts";

/** Scalars on the host, read together. */
export async function numbers(scalars: Tensors): Promise<Record<string, number>> {
  const together = tf.tidy(() => tf.stack(Object.values(scalars)));
  const values = await together.data();
  together.dispose();
  trustworthy();
  return Object.fromEntries(Object.keys(scalars).map((name, i) => [name, values[i]]));
}

/** What was read can be relied on. @throws an error where it cannot. */
export function trustworthy(): void {
  throwLoss();
  throwRejection();
}
