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
import type { fixedRates } from "../tuned.ts";
import type { Settings } from "./entry.ts";

/** A direction's name. */
export type BaseName = keyof typeof fixedRates;

/** Makes a direction for a model with these parameters. */
export const bases: Readonly<Record<BaseName, (leaves: Leaves) => Direction>> = {
  sgd: () => gradient(),
  momentum: () => momentum() as Direction,
  rmsprop: () => rmsprop(),
  adam: () => adam(),
  muon: (leaves) => muon({ leaves }),
  shampoo: (leaves) => chain(shampoo({ leaves }), momentum()),
  soap: (leaves) => soap({ leaves }),
};

/** The direction of a name, behind the clipping that settings ask for. */
export function baseDirection(base: BaseName, { clip }: Pick<Settings, "clip">, leaves: Leaves): Direction {
  const direction = bases[base](leaves);
  return clip === undefined ? direction : chain(clipByGlobalNorm(clip), direction);
}
