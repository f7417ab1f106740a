/**
 * The figure of images.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { catalogued } from "../../optimizers/catalogue/catalogue.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { disposeTree } from "../../runtime/tree.ts";
import { evaluate } from "../../training/evaluate.ts";
import type { Figure, Row } from "../figure.ts";
import { networks } from "../networks.ts";
import { RATES } from "../peers/models.ts";
import { type Contestant, interleaved, spread } from "../timing.ts";
import { trainee } from "../trainee.ts";

const SCORED = 512, STEPS = 2;
const cases = [networks.lenet, networks.resnet8, networks.resnet20];

/** How many images a second convolutional networks are trained on, and score. */
export const figure: Figure = {
  description:
    `images a second on wasm, of 32 × 32 × 3: steps of momentum on ${networks.lenet.batchSize} of them, and scoring ${SCORED} of them`,
  measure: async (quick, tell) => {
    const rows: Row[] = [];
    for (const threads of new Set([1, navigator.hardwareConcurrency])) {
      await chooseBackend("wasm", { threads, blas: "off" });
      const by = threads === 1 ? "1 thread" : `${threads} threads`;
      for (const network of cases) {
        tell(`${network.what}, ${by}`);
        rows.push(...await measured(network, by, quick ? 2 : 10));
      }
    }
    return rows;
  },
};

async function measured(
  { what, task, problem, batchSize }: typeof cases[number],
  by: string,
  rounds: number,
): Promise<Row[]> {
  const { train } = await task.load();
  const optimizer = catalogued("momentum").build(problem, { steps: 1000, learningRate: RATES.momentum });
  using training = trainee({ problem, optimizer, train, batchSize, blockSteps: STEPS });
  const { params, buffers } = tf.tidy(() => problem.model.init(0)), examples = Uint32Array.from(Array(SCORED).keys());
  const scoring: Contestant = {
    block: async () => {
      const begin = performance.now();
      await evaluate(problem, task.metrics, params, buffers, train, { examples });
      return performance.now() - begin;
    },
  };
  const times = await interleaved({ training, scoring }, rounds);
  disposeTree({ params, buffers });
  const row = (doing: string, images: number, milliseconds: readonly number[]): Row => ({
    what: `${what}: ${doing}, ${by}`,
    result: spread(milliseconds.map((time) => 1000 * images / time)),
    unit: "images/s",
    detail: `${images} images in ${spread(milliseconds).median.toFixed(0)} ms`,
  });
  return [row("training", batchSize, times.training), row("scoring", SCORED, times.scoring)];
}
