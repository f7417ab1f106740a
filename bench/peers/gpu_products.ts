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

const ROUNDS = 7;

/** How products are measured. */
export interface ProductOptions {
  /** Of torch. */
  readonly device: "cpu" | "cuda";
  /** Milliseconds that are measured together, at least: a readback ends them, which takes a while. */
  readonly long: number;
}

/** The rate of products of these sizes on the current backend, and beside torch's where it is there. */
export async function productRows(
  sizes: readonly number[],
  torch: Pick<TorchGpu, "python" | "device"> | undefined,
  { device, long }: ProductOptions,
): Promise<Row[]> {
  const script = `${root}/bench/peers/gpu_products_process.py`;
  const told = torch && await outputOf(torch.python, [script, device, sizes.join("-"), `${long}`]);
  const theirs: Readonly<Record<string, number>> = told === undefined ? {} : JSON.parse(told), rows: Row[] = [];
  for (const size of sizes) {
    const rate = (seconds: number) => 2 * size ** 3 / seconds / 1e9, what = `a product of ${size} × ${size}`;
    const rates = (await secondsOf(size, long)).map(rate), target = size >= 1024 ? { atLeast: 0.5 } : undefined;
    rows.push({ what, unit: "GFLOP/s", result: spread(rates) });
    if (!torch) continue;
    const beside = { what: `${what}: its rate over torch's`, unit: "×", target } as const;
    if (theirs[size] === undefined) rows.push({ ...beside, detail: "torch's products do not run here" });
    else {
      rows.push({
        ...beside,
        result: spread(rates.map((ours) => ours / rate(theirs[size]))),
        detail: `torch ${rate(theirs[size]).toFixed(0)} GFLOP/s, ${torch.device}`,
      });
    }
  }
  return rows;
}

/** Seconds of one product, by rounds. */
async function secondsOf(size: number, long: number): Promise<number[]> {
  const a = tf.randomNormal([size, size]), b = tf.randomNormal([size, size]);
  const seconds = async (count: number): Promise<number> => {
    const begin = performance.now();
    for (let i = 0; i < count - 1; i++) tf.matMul(a, b).dispose();
    const last = tf.tidy(() => tf.slice(tf.matMul(a, b), [0, 0], [1, 1]));
    await last.data(); // the GPU is done only when its last result is here
    last.dispose();
    return (performance.now() - begin) / 1000;
  };
  let count = 1;
  await seconds(count); // compiles
  while (1000 * await seconds(count) < long) count *= 2;
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await seconds(count) / count);
  tf.dispose([a, b]);
  return times;
}
