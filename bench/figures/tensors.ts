/**
 * The figure of every optimizer's memory.
 * @module
 */
import { chooseBackend } from "../../runtime/backend.ts";
import type { Dataset } from "../../data/dataset.ts";
import { mnist } from "../../tasks/mnist.ts";
import { cycleOf } from "../cycle.ts";
import type { Figure, Row } from "../figure.ts";
import { grids } from "../grid.ts";
import { AFTER_EARLY, mnistMlp } from "../mnist_mlp.ts";
import { peakBytes } from "../peak_bytes.ts";
import { BASELINE, CENTRE, leftOut, optimizerAt, optimizers, type Setup } from "../setup.ts";
import { trainee } from "../trainee.ts";

const LARGE = 2048;

/** Where memory is measured. */
const places: readonly { readonly axis: string; readonly size: number; readonly setup: Setup }[] = [
  { axis: "width", size: CENTRE.width, setup: CENTRE },
  { axis: "width", size: LARGE, setup: { ...CENTRE, width: LARGE } },
  { axis: "batch size", size: CENTRE.batchSize, setup: CENTRE },
  { axis: "batch size", size: LARGE, setup: { ...CENTRE, batchSize: LARGE } },
];

/** What memory every optimizer needs. */
export const figure: Figure = {
  description:
    "the most that tensors hold at a time in a step with all periodic work (weights, state, batch, whatever is " +
    `computed) against a step of ${BASELINE}, on 784-w-w-10 for MNIST; exact, without what the process needs besides: code, ` +
    `scratch space of kernels, matrices in float64 on the host; ${leftOut}`,
  quickly: "only the centre",
  measure: async (quick, tell) => {
    await chooseBackend("auto", { threads: 1 });
    const { train } = await mnist.load(), rows: Row[] = [];
    for (const { axis, size, setup } of quick ? places.slice(0, 1) : places) {
      const baseline = await peakOf(BASELINE, setup, train);
      for (const optimizer of optimizers) {
        tell(`memory, ${axis} ${size}: ${optimizer}`);
        const bytes = await peakOf(optimizer, setup, train), ratio = bytes / baseline;
        rows.push({
          what: `${optimizer}, ${axis} ${size}`,
          result: { median: ratio, low: ratio, high: ratio },
          unit: "×",
          detail: `${(bytes / 1e6).toFixed(1)} MB`,
          place: { axis, size, optimizer },
        });
      }
    }
    return rows;
  },
  table: grids,
};

/** Bytes. */
async function peakOf(name: string, setup: Setup, train: Dataset): Promise<number> {
  const problem = mnistMlp([setup.width, setup.width]), { period } = cycleOf(name, setup);
  return await peakBytes(async () => {
    using training = trainee({
      problem,
      optimizer: optimizerAt(name, problem, setup),
      train,
      batchSize: setup.batchSize,
      blockSteps: 1,
    });
    await training.run(1, Math.ceil(AFTER_EARLY / period) * period);
  });
}
