/**
 * Ours beside another library in JavaScript.
 * @module
 */
import { catalogued } from "../../optimizers/catalogue/catalogue.ts";
import type { Row } from "../figure.ts";
import { interleaved, spread } from "../timing.ts";
import { trainee } from "../trainee.ts";
import { type PeerModel, type PeerModelName, peerModels, type PeerUpdate, RATES } from "./models.ts";
import type { Peer } from "./process.ts";

const COMPARED = 5; // steps
const TOLERANCE = 1e-3; // of losses: float32, summed in another order, over some steps

/** What is compared. */
export interface Comparison {
  readonly model: PeerModelName;
  readonly update: PeerUpdate;
  readonly blockSteps: number;
  readonly rounds: number;
  /** Of a round: the figure's number. */
  readonly ratio: (ours: number, theirs: number) => number;
}

/** Trains both from the same weights on the same batches, and times them only if their losses agree. */
export async function compared(comparison: Comparison, theirs: Peer): Promise<Pick<Row, "result" | "detail">> {
  const { model, update, blockSteps, rounds, ratio } = comparison;
  const { task, problem, batchSize }: PeerModel = peerModels[model];
  const optimizer = catalogued(update).build(problem, { steps: 1000, learningRate: RATES[update] });
  const { train } = await task.load();
  using ours = trainee({ problem, optimizer, train, batchSize, blockSteps });
  const mine = await ours.losses(COMPARED), others = await theirs.losses(COMPARED);
  const difference = Math.max(...mine.map((loss, i) => Math.abs(loss / others[i] - 1)));
  if (!(difference < TOLERANCE)) return { detail: `losses differ: ${mine} and ${others}` };
  const times = await interleaved({ ours, theirs }, rounds);
  const [first, second] = [times.ours, times.theirs].map((times) => spread(times).median.toFixed(1));
  return {
    result: spread(times.ours.map((time, round) => ratio(time, times.theirs[round]))),
    detail: `ours ${first} ms, theirs ${second} ms; losses of ${COMPARED} steps agree to ${
      difference.toExponential(0)
    }`,
  };
}
