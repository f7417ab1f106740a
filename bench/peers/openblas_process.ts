/**
 * Trains a case of the figure of peers with products by OpenBLAS, which takes its kernels once for a whole process. For every
 * number on its input it trains so many steps, and answers with their time and losses. The arguments are the number of threads, and that
 * of the case; without a case it says what would compute.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { captured } from "../../optimizers/captured/captured.ts";
import type { Carry } from "../../optimizers/optimizer.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { disposeTree } from "../../runtime/tree.ts";
import { disposeBatch } from "../../data/dataset.ts";
import { sampler } from "../../data/sampler.ts";
import { cases, setting } from "./cases.ts";
import { lines } from "./process.ts";

const [threads, index] = Deno.args, choice = await chooseBackend("wasm", { threads: Number(threads) });
if (index === undefined) console.log(JSON.stringify(choice));
else {
  const { problem, train, batchSize, ...setup } = await setting(cases[Number(index)]);
  const optimizer = captured(setup.optimizer); // as `fit` does
  const order = sampler(train.size, batchSize, 0);
  let step = 0;
  let carry: Carry = tf.tidy(() => {
    const { params, buffers } = problem.model.init(0);
    return optimizer.init(params, buffers);
  });
  for await (const line of lines(Deno.stdin.readable)) {
    const batches = Array.from({ length: Number(line) }, (_, i) => train.batch(order.indices(step + i)));
    const begin = performance.now();
    const metrics = batches.map((batch) => {
      const next = optimizer.step(carry, { batch, metaBatch: () => batch }, { step: step++, seed: 0 });
      carry = next.carry;
      return next.metrics;
    });
    const milliseconds = performance.now() - begin; // wasm computes at once
    const losses = metrics.map(({ loss }) => loss.dataSync()[0]);
    metrics.forEach(disposeTree);
    batches.forEach(disposeBatch);
    console.log(JSON.stringify({ milliseconds, losses }));
  }
}
