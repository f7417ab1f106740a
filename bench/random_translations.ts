/**
 * Sequences to train on where there are no texts.
 * @module
 */
import type { Dataset } from "../data/dataset.ts";
import { tokenPairs } from "../data/text/token_pairs.ts";
import { random } from "../runtime/random.ts";
import { multi30k } from "../tasks/translation.ts";
import type { Task } from "../tasks/task.ts";

const COUNT = 640, SOURCE = 27, TARGET = 25; // with the token that ends a sequence

/** So many sequences make a batch of 500 tokens. */
export const SEQUENCES = 20;

const START = 1, END = 2, WORDS = 4000 - 3;

/** Random tokens, of sources and of what they are to become. */
export function randomSequences(count: number, time: number, name: string): number[][] {
  const chance = random(0, name);
  return Array.from({ length: count }, () => Array.from({ length: time }, () => 3 + chance.integer(WORDS)));
}

/** The task multi30k with sequences of random tokens, all equally long, in place of its captions: kernels compute as much for them. */
export const randomTranslations: Task = {
  ...multi30k,
  load: () => {
    const [source, target] = [SOURCE, TARGET].map((time, i) => randomSequences(COUNT, time - 1, `side ${i}`));
    const { lengths: _, ...train }: Dataset = tokenPairs({ source, target, start: START, end: END });
    return Promise.resolve({ train, source: `${COUNT} pairs of random sequences` }); // all are of one length
  },
};

/** What a model of the task writes from. */
export const decoding = {
  sources: randomSequences(100, SOURCE - 1, "decoding").map((tokens) => [...tokens, END]),
  start: START,
  end: END,
};
