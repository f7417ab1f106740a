/**
 * Directions by name.
 * @module
 */
import type { Leaves } from "../../models/model.ts";
import { muon } from "../baselines/muon.ts";
import { shampoo } from "../baselines/shampoo.ts";
import { soap } from "../baselines/soap.ts";
import { adam } from "../directions/adam.ts";
import { chain } from "../directions/chain.ts";
import { clipByGlobalNorm } from "../directions/clip.ts";
import type { Direction } from "../directions/direction.ts";
import { gradient } from "../directions/gradient.ts";
import { momentum } from "../directions/momentum.ts";
import { rmsprop } from "../directions/rmsprop.ts";
import type { Settings, TaskRate } from "./entry.ts";

/** A direction that a name of the catalogue stands for. */
export interface Base {
  /** As `CatalogueEntry.learningRate`. */
  readonly learningRate: TaskRate | number;
  /** By how much λ_FSD may grow with noise; {@linkcode MOST_CAUTION} unless given. */
  readonly mostCaution?: number;
  /** Makes it for a model. */
  direction(leaves: Leaves): Direction;
}

/** `Caution.most`, where a direction shrinks with the gradient. Those that do not need more in long runs (docs/tried.md). */
export const MOST_CAUTION = 7;

const NORMALIZED = 12;

/** The directions. A rate of its own is one that trained the built-in tasks well. */
export const bases = {
  sgd: { learningRate: "sgd", direction: () => gradient() },
  momentum: { learningRate: "momentum", direction: () => momentum() },
  rmsprop: { learningRate: "rmsprop", mostCaution: NORMALIZED, direction: () => rmsprop() },
  adam: { learningRate: "adam", mostCaution: NORMALIZED, direction: () => adam() },
  muon: { learningRate: 0.02, direction: (leaves) => muon({ leaves }) },
  shampoo: { learningRate: 0.02, direction: (leaves) => chain(shampoo({ leaves }), momentum()) },
  soap: { learningRate: 0.003, direction: (leaves) => soap({ leaves }) },
} as const satisfies Record<string, Base>;

/** A direction's name. */
export type BaseName = keyof typeof bases;

/** The direction of a name, behind the clipping that settings ask for. */
export function baseDirection(base: BaseName, { clip }: Settings, leaves: Leaves): Direction {
  const direction: Direction = bases[base].direction(leaves);
  return clip === undefined ? direction : chain(clipByGlobalNorm(clip), direction);
}
