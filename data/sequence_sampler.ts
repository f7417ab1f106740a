/**
 * In which order sequences are seen: those of about equal length together, so that little is padding.
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import { random } from "../runtime/random.ts";
import type { Sampler, Stream } from "./sampler.ts";

/** The examples of each length, the shortest first. */
type Classes = readonly (readonly [length: number, examples: Uint32Array])[];

function classesOf(lengths: ArrayLike<number>): Classes {
  const found = new Map<number, number[]>();
  for (let i = 0; i < lengths.length; i++) {
    const length = lengths[i], examples = found.get(length);
    if (examples) examples.push(i);
    else found.set(length, [i]);
  }
  return [...found].sort(([a], [b]) => a - b).map(([length, examples]) => [length, Uint32Array.from(examples)]);
}

/** How many sequences of a length make a batch of so many tokens. */
const rowsOf = (tokens: number, length: number): number => Math.floor(tokens / length);

/**
 * Batches B of at most so many tokens, counted with padding: sequences of one length, and where they do not fill a batch, these with the
 * next longer ones. So the batches of every epoch have the same shapes. Which sequences they hold and in which order they come is drawn
 * anew for each epoch, and all of them are in it.
 *
 * @param lengths Of all examples: to how many tokens each is padded at least.
 * @param name Of the stream: another name gives another order.
 * @throws `UserError` for a number of tokens that the longest example exceeds, or that is larger than all of the data.
 */
export function sequenceSampler(
  lengths: ArrayLike<number>,
  tokens: number,
  seed: number,
  name: Stream = "batch",
): Sampler {
  const classes = classesOf(lengths), all = classes.reduce((sum, [length, { length: n }]) => sum + length * n, 0);
  const longest = classes.at(-1)![0]; // all of them need longest · size tokens, but less is padding then
  if (!(Number.isInteger(tokens) && tokens >= longest && tokens <= all)) {
    throw new UserError(
      `${name} size is ${tokens}; give a whole number from ${longest}, the tokens of the longest sequence, to ${all}, those of all`,
    );
  }
  const count = batchesPerEpoch(classes, tokens);
  let cached: { epoch: number; batches: readonly Uint32Array[] } | undefined;
  return {
    indices: (step) => {
      const epoch = Math.floor(step / count);
      if (cached?.epoch !== epoch) cached = { epoch, batches: drawn(classes, tokens, seed, `${name}/epoch ${epoch}`) };
      return cached.batches[step % count];
    },
  };
}

function batchesPerEpoch(classes: Classes, tokens: number): number {
  let count = 0, left = 0;
  for (const [length, examples] of classes) {
    const rows = rowsOf(tokens, length), waiting = left + examples.length;
    count += Math.floor(waiting / rows);
    left = waiting % rows;
  }
  return count + Math.sign(left);
}

function drawn(classes: Classes, tokens: number, seed: number, stream: string): Uint32Array[] {
  const draw = random(seed, stream), batches: Uint32Array[] = [];
  let left: number[] = []; // the longest first
  for (const [length, examples] of classes) {
    const own = Array.from(draw.permutation(examples.length), (i) => examples[i]), rows = rowsOf(tokens, length);
    const mixed = spread(own, left, rows), end = mixed.length - mixed.length % rows;
    for (let start = 0; start < end; start += rows) batches.push(Uint32Array.from(mixed.slice(start, start + rows)));
    left = mixed.slice(end);
  }
  if (left.length > 0) batches.push(Uint32Array.from(left));
  return Array.from(draw.permutation(batches.length), (i) => batches[i]);
}

/** Both lists as one: the shorter sequences first, but with one of the longer at the begin of each batch, so that it has their length. */
function spread(longer: readonly number[], shorter: readonly number[], rows: number): number[] {
  let first = 0, second = 0;
  return Array.from({ length: longer.length + shorter.length }, (_, place) => {
    const begins = place % rows === 0 && first < longer.length;
    return begins || second === shorter.length ? longer[first++] : shorter[second++];
  });
}

/**
 * Batches B′ that look like the B of their step: as many sequences per token of B′'s size as B has of its own, of the same length where
 * there are enough, else of the next shorter ones, and at least one. B′ has none of B's as far as there are others that are not longer;
 * but where only B has sequences of its full length, B′ has one of these, so that both are as long. A function of the seed and the step.
 *
 * @param share The size of B′ over that of B.
 * @param batches Those of B.
 */
export function sequenceMetaSampler(
  lengths: ArrayLike<number>,
  share: number,
  seed: number,
  batches: Sampler,
): Sampler {
  const classes = classesOf(lengths);
  return {
    indices: (step) => {
      const taken = batches.indices(step), longest = taken.reduce((most, i) => Math.max(most, lengths[i]), 0);
      const rows = Math.max(1, Math.round(share * taken.length)), own = new Set(taken);
      const draw = random(seed, `metaBatch/step ${step}`), chosen: number[] = [];
      const take = (from: Uint32Array) => {
        for (const i of draw.permutation(from.length)) if (chosen.length < rows) chosen.push(from[i]);
      };
      for (const [length, examples] of classes.toReversed()) {
        if (length <= longest && chosen.length < rows) take(examples.filter((i) => !own.has(i)));
      }
      take(taken);
      if (!chosen.some((i) => lengths[i] === longest)) chosen[0] = taken.find((i) => lengths[i] === longest)!;
      return Uint32Array.from(chosen);
    },
  };
}
