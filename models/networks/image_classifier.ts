/**
 * What all networks that classify images ask of their arguments.
 * @module
 */
import { positiveWhole, UserError } from "../../runtime/errors.ts";
import type { Shape } from "../module.ts";

/**
 * Checks the arguments of a network.
 *
 * @param network Its name, for the message.
 * @param least The smallest height and width that its windows fit.
 * @throws `UserError` for a shape that is no image or a smaller one, and for a number of classes that is no positive whole number.
 */
export function checkClassifier(network: string, image: Shape, classes: number, least = 1): void {
  const isList = Array.isArray(image), value = isList ? `[${image.join(", ")}]` : `${image}`;
  if (!isList || image.length !== 3 || image.some((n) => !Number.isInteger(n) || n < 1)) {
    throw new UserError({ argument: "image", value, remedy: "give [height, width, channels], such as [32, 32, 3]" });
  }
  if (Math.min(image[0], image[1]) < least) {
    throw new UserError({
      argument: "image",
      value,
      remedy: `${network} takes images of ${least} × ${least} and more`,
    });
  }
  positiveWhole("classes", classes);
}
