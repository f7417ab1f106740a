/**
 * Directions by name: one line each. The catalogue has each at a fixed rate, as `NAME`, and those with a regime also with a rate that
 * APO learns, as `apo-NAME`.
 * @module
 */
import type { Leaves } from "../../models/model.ts";
import { muon } from "../directions/muon.ts";
import { shampoo } from "../directions/shampoo.ts";
import { soap } from "../directions/soap.ts";
import { adam } from "../directions/adam.ts";
import { chain } from "../directions/chain.ts";
import { clipByGlobalNorm } from "../directions/clip.ts";
import type { Direction } from "../directions/direction.ts";
import { gradient } from "../directions/gradient.ts";
import { momentum } from "../directions/momentum.ts";
import { partition } from "../directions/partition.ts";
import { rmsprop } from "../directions/rmsprop.ts";
import { FIXED_RATES, LEARNED, MUON, RMSPROP, type TunedRegime } from "../tuned.ts";
import type { Settings, TaskRate } from "./entry.ts";

/** A direction that has a name. */
export interface Base {
  /** What it is, in a few words. */
  readonly title: string;
  /** Makes it for a model with these parameters. */
  readonly direction: (leaves: Leaves) => Direction;
  /** A usual fixed rate: a number, or the task's for the direction of this name. */
  readonly learningRate: TaskRate | number;
  /** How a rate that APO learns for it adapts to noise: `LEARNED` where nothing was tuned. Default: none is learned. */
  readonly regime?: TunedRegime;
}

/** By name. */
export const bases: Readonly<Record<string, Base>> = {
  sgd: { title: "gradient descent", direction: () => gradient(), learningRate: "sgd", regime: LEARNED },
  momentum: {
    title: "heavy-ball momentum (0.9)",
    direction: () => momentum(),
    learningRate: "momentum",
    regime: LEARNED,
  },
  rmsprop: { title: "RMSprop", direction: () => rmsprop(), learningRate: "rmsprop", regime: RMSPROP },
  adam: {
    title: "Adam (AdamW with weight decay)",
    direction: () => adam(),
    learningRate: "adam",
    regime: LEARNED,
  },
  muon: {
    title: "Muon (orthogonalized momentum)",
    direction: (leaves) => muon({ leaves }),
    learningRate: FIXED_RATES.muon,
    regime: MUON,
  },
  "muon-adam": {
    title: "Muon on kernels, Adam at the same rate on all else",
    // messages, 250 steps, held out: a loss of 4.24; with half of the rate on all else 4.43, with a tenth of it 5.17
    direction: (leaves) => {
      const groups = { kernels: muon({ leaves }), others: adam() };
      return partition(leaves, groups, ({ role }) => role === "dense" || role === "conv" ? "kernels" : "others");
    },
    learningRate: FIXED_RATES.muon,
    // messages, 1,000 steps, held out: a loss of 3.22, as with fixed rates of .01 and .02 behind a warm-up; Adam's best is 3.87
    regime: MUON,
  },
  shampoo: {
    title: "Shampoo with momentum",
    direction: (leaves) => chain(shampoo({ leaves }), momentum()),
    learningRate: FIXED_RATES.shampoo,
  },
  soap: {
    title: "SOAP (Adam in Shampoo's eigenbasis)",
    direction: (leaves) => soap({ leaves }),
    learningRate: FIXED_RATES.soap,
  },
};

/** Those of them whose rate APO learns. */
export const learnedBases: Readonly<Record<string, Required<Base>>> = Object.fromEntries(
  Object.entries(bases).flatMap(([name, { regime, ...base }]) => regime ? [[name, { ...base, regime }]] : []),
);

/** The direction of a name, behind the clipping that settings ask for. */
export function baseDirection(base: string, { clip }: Pick<Settings, "clip">, leaves: Leaves): Direction {
  const direction = bases[base].direction(leaves);
  return clip === undefined ? direction : chain(clipByGlobalNorm(clip), direction);
}
