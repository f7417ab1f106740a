/**
 * Random changes of images that leave their class as it is: each time that an example is trained on it looks a little different.
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import type { Random } from "../runtime/random.ts";
import { requireMembers } from "../runtime/require_members.ts";
import type { Images } from "./images.ts";

/** How images are changed at random (He et al. 2016, arXiv 1512.03385, section 4.2). */
export interface Augmentation {
  /** After normalizing, so many zeros are added on each side, and a random part of the old size is cut out. Default: 0. */
  readonly pad?: number;
  /** Whether half of the images have left and right exchanged. Default: false. */
  readonly flip?: boolean;
}

/** Where a changed image comes from: its pixel (0, 0) is the old one's (top, left), or its last column is, if it is flipped. */
export interface Change {
  /** −pad … pad. */
  readonly top: number;
  /** −pad … pad. */
  readonly left: number;
  /** Whether left and right are exchanged after that. */
  readonly flipped: boolean;
}

/**
 * @throws `UserError` for what is no augmentation, padding that is no whole number from 0, or as large as the image, and a flip that is
 * neither true nor false.
 */
export function checkAugmentation(
  augmentation: Augmentation,
  { height, width }: Pick<Images, "height" | "width">,
): void {
  requireMembers("augmentation", augmentation, {}, "give an object, such as { pad: 4, flip: true }");
  const { pad = 0, flip = false } = augmentation;
  if (typeof flip !== "boolean") {
    throw new UserError({ argument: "augmentation.flip", value: JSON.stringify(flip), remedy: "give true or false" });
  }
  if (Number.isInteger(pad) && pad >= 0 && pad < Math.min(height, width)) return;
  const remedy = `give a whole number from 0, below the images' sides of ${height} and ${width}`;
  throw new UserError({ argument: "augmentation.pad", value: pad, remedy });
}

/** The next change: the row, the column and the flip are drawn one after the other, each as likely as all others. */
export function drawChange({ pad = 0, flip = false }: Augmentation, chance: Random): Change {
  const shift = () => pad === 0 ? 0 : chance.integer(2 * pad + 1) - pad;
  return { top: shift(), left: shift(), flipped: flip && chance.integer(2) === 1 };
}
