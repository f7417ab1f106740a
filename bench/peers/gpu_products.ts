/**
 * Products of square matrices on a GPU, ours and torch's.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Row } from "../figure.ts";
import { spread } from "../timing.ts";
import { outputOf } from "./process.ts";
import { root } from "../../cli/train_command.ts";
import type { TorchGpu } from "./torch.ts";

const ROUNDS = 7, EACH = 10;

/** The rate of products of these sizes on the current backend, and beside torch's where it is there. */
export async function productRows(
  sizes: readonly number[],
  torch: Pick<TorchGpu, "python" | "device"> | undefined,
  device: "cpu" | "cuda",
): Promise<Row[]> {
  const script = `${root}/bench/peers/gpu_products_process.py`;
  const told = torch && await outputOf(torch.python, [script, device, sizes.join("-")]);
  const theirs: Readonly<Record<string, number>> = told === undefined ? {} : JSON.parse(told), rows: Row[] = [];
  for (const size of sizes) {
    const rate = (seconds: number) => 2 * size ** 3 / seconds / 1e9, what = `a product of ${size} × ${size}`;
    const rates = (await secondsOf(size)).map(rate);
    rows.push({ what, unit: "GFLOP/s", result: spread(rates) });
    if (theirs[size] === undefined) continue;
    rows.push({
      what: `${what}: its rate over torch's`,
      unit: "×",
      target: size >= 1024 ? { atLeast: 0.5 } : undefined,
      result: spread(rates.map((ours) => ours / rate(theirs[size]))),
      detail: `torch ${rate(theirs[size]).toFixed(0)} GFLOP/s, ${torch!.device}`,
    });
  }
  return rows;
}

/** Seconds of one product, by rounds. */
async function secondsOf(size: number): Promise<number[]> {
  const a = tf.randomNormal([size, size]), b = tf.randomNormal([size, size]), times: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const begin = performance.now();
    for (let i = 0; i < EACH - 1; i++) tf.matMul(a, b).dispose();
    const last = tf.tidy(() => tf.slice(tf.matMul(a, b), [0, 0], [1, 1]));
    await last.data(); // the GPU is done only when its last result is here
    if (round > 0) times.push((performance.now() - begin) / 1000 / EACH); // the first compiles
    last.dispose();
  }
  tf.dispose([a, b]);
  return times;
}
