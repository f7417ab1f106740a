/**
 * A validation set: what tuning may look at.
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import { random } from "../runtime/random.ts";
import { checkIndices, type Dataset, described, type TaskData } from "./dataset.ts";
import { chosenPairs } from "./text/corpus.ts";

const SPLIT_SEED = 0; // of its own: all runs of a task that hold out the same share hold out the same examples
const TRANSLATED = 1000; // lines at most: BLEU to about a point, in seconds

/**
 * The training data in two: a random `share` of them to test on, the rest to train on. The validation and the test data are left out.
 * Columns that were standardized keep the mean and the scale of all training data, and texts the subwords that were learned of all,
 * those that are held out included. Of texts the first 1,000 lines that are held out are translated.
 *
 * @throws `UserError` where the share leaves nothing on one of the sides.
 */
export function holdOut({ train, source, text }: TaskData, share: number): TaskData {
  const held = Math.round(share * train.size);
  if (held < 1 || held >= train.size) {
    const problem = `cannot divide the ${train.size} training examples`;
    const remedy = "give a share that leaves some on each side, or none";
    throw new UserError({ argument: "holdout", value: share, problem, remedy });
  }
  const order = random(SPLIT_SEED, "holdout").permutation(train.size);
  const kept = order.subarray(held), out = order.subarray(0, held);
  const pairs = (indices: Uint32Array) => chosenPairs(text!.train, indices);
  const translated = text && held > TRANSLATED ? `; BLEU is that of ${TRANSLATED.toLocaleString("en")} of them` : "";
  return {
    train: subset(train, kept),
    test: subset(train, out),
    source: `${source}; of those to train on ${held.toLocaleString("en")} are held out and tested on${translated}`,
    ...text && {
      text: { subwords: text.subwords, train: pairs(kept), test: pairs(out.subarray(0, TRANSLATED)) },
    },
  };
}

/** The examples with these indices, numbered anew. */
function subset(data: Dataset, kept: Uint32Array): Dataset {
  const { labels, lengths, contents } = data;
  return {
    ...described(data),
    size: kept.length,
    contents: contents && [...contents, new Uint8Array(Uint32Array.from(kept).buffer)],
    ...labels && { labels: Array.from(kept, (index) => labels[index]) },
    ...lengths && { lengths: Array.from(kept, (index) => lengths[index]) },
    batch: (indices, chance) => {
      checkIndices(indices, kept.length);
      return data.batch(Uint32Array.from(indices, (index) => kept[index]), chance);
    },
  };
}
