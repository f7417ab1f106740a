/**
 * The figure of the mended kernels.
 * @module
 */
import { chooseBackend } from "../../runtime/backend.ts";
import type { Figure, Row } from "../figure.ts";
import { compared } from "../peers/compared.ts";
import { type PeerModelName, peerModels, type PeerUpdate } from "../peers/models.ts";
import { startShipped } from "./shipped.ts";

/** What is trained; the autoencoder takes seconds a step on tfjs as shipped. */
const cases: readonly {
  readonly model: PeerModelName;
  readonly update: PeerUpdate;
  readonly blockSteps: number;
  readonly rounds: number;
}[] = [
  { model: "mlp", update: "momentum", blockSteps: 5, rounds: 20 },
  { model: "mlp", update: "adam", blockSteps: 5, rounds: 20 },
  { model: "autoencoder", update: "adam", blockSteps: 1, rounds: 5 },
];
const QUICK_ROUNDS = 3;

/** What the mended kernels gain. */
export const figure: Figure = {
  description:
    "a step on wasm: tf.train.….minimize(…) on tfjs as shipped, in a process of its own, against ours (how many " +
    "times faster ours is)",
  quickly: "only momentum",
  measure: async (quick, tell) => {
    await chooseBackend("wasm", { threads: 1 });
    const rows: Row[] = [];
    for (const { model, update, blockSteps, rounds } of quick ? cases.slice(0, 1) : cases) {
      const what = `${update}, ${peerModels[model].what}`;
      tell(`tfjs as shipped: ${what}`);
      await using shipped = startShipped(model, update, blockSteps);
      const ratio = (ours: number, theirs: number) => theirs / ours;
      const comparison = { model, update, blockSteps, ratio, rounds: quick ? QUICK_ROUNDS : rounds };
      rows.push({ what, unit: "×", target: { atLeast: 4 }, ...await compared(comparison, shipped) });
    }
    return rows;
  },
};
