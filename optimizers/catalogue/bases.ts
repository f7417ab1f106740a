/**
 * Directions by name.
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
import { rmsprop } from "../directions/rmsprop.ts";
import type { Settings, TaskRate } from "./entry.ts";

/** A direction that a name of the catalogue stands for. */
export interface Base {
  /** As `CatalogueEntry.learningRate`. */
  readonly learningRate: TaskRate | number;
  /** Whether its steps shrink as gradients do. */
  readonly shrinks: boolean;
  /** Whether a learned rate rises over a tenth of the run by `by-noise`; true unless given. */
  readonly warmsUp?: boolean;
  /** Makes it for a model. */
  direction(leaves: Leaves): Direction;
}

/** The directions. A rate of its own is one that trained the built-in tasks well. */
export const bases = {
  sgd: { learningRate: "sgd", shrinks: true, direction: () => gradient() },
  momentum: { learningRate: "momentum", shrinks: true, direction: () => momentum() },
  rmsprop: { learningRate: "rmsprop", shrinks: false, direction: () => rmsprop() },
  adam: { learningRate: "adam", shrinks: false, direction: () => adam() },
  muon: { learningRate: 0.02, shrinks: false, warmsUp: false, direction: (leaves) => muon({ leaves }) },
  shampoo: { learningRate: 0.02, shrinks: false, direction: (leaves) => chain(shampoo({ leaves }), momentum()) },
  soap: { learningRate: 0.003, shrinks: false, direction: (leaves) => soap({ leaves }) },
} as const satisfies Record<string, Base>;

/** A direction's name. */
export type BaseName = keyof typeof bases;

/** The direction of a name, behind the clipping that settings ask for. */
export function baseDirection(base: BaseName, { clip }: Settings, leaves: Leaves): Direction {
  const direction: Direction = bases[base].direction(leaves);
  return clip === undefined ? direction : chain(clipByGlobalNorm(clip), direction);
}
