/**
 * Learning byte-pair merges from counted words.
 *
 * The algorithm is that of Gage (1994) as Sennrich, Haddow and Birch (2016, https://arxiv.org/abs/1508.07909) use it for words: the
 * most frequent pair of neighbouring symbols becomes one symbol, over and over. Counts are kept up to date word by word, and a heap
 * holds the pairs.
 * @module
 */

/** What {@linkcode learnMerges} has learned: symbols are numbers from 0, the given ones first. */
export interface Merges {
  /** The text of each symbol. */
  readonly symbols: readonly string[];
  /** Which two symbols become one, in the order of learning. */
  readonly pairs: readonly (readonly [left: number, right: number])[];
}

/** A pair as one number: as a key it is faster than a text, and exact for symbols below 2²⁶. */
export const pairKey = (left: number, right: number): number => left * 2 ** 26 + right;

/**
 * Learns merges until there are `size` symbols, or no pair stands twice in the text.
 *
 * Of pairs that are equally frequent the one whose text has the fewest characters is merged first, and of those the first in
 * alphabetical order (by UTF-16 units), as SentencePiece does. Pairs that overlap count once: "aaa" has one pair of a's. A pair
 * whose text is a symbol already, made of other parts, is merged as well and adds no symbol.
 *
 * @param alphabet The text of each symbol to begin with. Their order decides nothing but their numbers.
 * @param words Words as symbols of the alphabet. A negative number stands for what is in no pair.
 * @param counts How often each word stands in the text.
 */
export function learnMerges(
  alphabet: readonly string[],
  words: readonly (readonly number[])[],
  counts: ArrayLike<number>,
  size: number,
): Merges {
  const symbols = [...alphabet], numbers = new Map(symbols.map((symbol, i) => [symbol, i]));
  const pairs: [number, number][] = [], sequences = words.map((word) => word.slice());
  const found = new Map<number, Pair>();
  const entry = (left: number, right: number): Pair => {
    const key = pairKey(left, right);
    let pair = found.get(key);
    if (!pair) {
      const text = symbols[left] + symbols[right];
      found.set(key, pair = { left, right, text, length: [...text].length, count: 0, queued: 0, words: new Set() });
    }
    return pair;
  };
  /** Counts the pairs of a word in (1), or out (−1). */
  const count = (word: number, sign: 1 | -1, changed?: Set<Pair>) => {
    const sequence = sequences[word], change = sign * counts[word];
    for (let i = 0, before = -1; i + 1 < sequence.length; i++) {
      const left = sequence[i], right = sequence[i + 1], overlaps = left === right && before === left;
      before = left === right && !overlaps ? left : -1;
      if (overlaps || left < 0 || right < 0) continue;
      const pair = entry(left, right);
      pair.count += change;
      if (sign > 0) pair.words.add(word);
      changed?.add(pair);
    }
  };
  for (let word = 0; word < sequences.length; word++) count(word, 1);
  const queue = new Queue();
  for (const pair of found.values()) queue.push(pair);
  for (let top; symbols.length < size && (top = queue.pop()) && top.count > 1;) {
    const best = top.pair;
    if (best.count !== top.count) { // it has lost some since, and may not be the best any more
      if (best.count > 0) queue.push(best);
      continue;
    }
    let merged = numbers.get(best.text);
    if (merged === undefined) numbers.set(best.text, merged = symbols.push(best.text) - 1);
    pairs.push([best.left, best.right]);
    const changed = new Set<Pair>();
    for (const word of best.words) {
      count(word, -1);
      replace(sequences[word], best, merged);
      count(word, 1, changed);
    }
    best.words.clear();
    for (const pair of changed) if (pair.count > pair.queued) queue.push(pair);
  }
  return { symbols, pairs };
}

/** Two symbols that stand side by side in some word. */
interface Pair {
  readonly left: number;
  readonly right: number;
  readonly text: string;
  /** Characters of the text. */
  readonly length: number;
  /** How often the pair stands in the text. */
  count: number;
  /** The count that it is in the queue with, or 0. */
  queued: number;
  /** The words that it is in, or was. */
  readonly words: Set<number>;
}

/** Makes one symbol of each such pair in a word, from the left. */
function replace(word: number[], { left, right }: Pair, merged: number): void {
  let to = 0;
  for (let i = 0; i < word.length; i++) {
    const is = word[i] === left && word[i + 1] === right;
    word[to++] = is ? merged : word[i];
    if (is) i++;
  }
  word.length = to;
}

/** A pair as it stands in the queue. */
interface Queued {
  readonly pair: Pair;
  /** The pair's count when it was put there. */
  readonly count: number;
}

/** A binary heap of pairs with the best on top. */
class Queue {
  readonly #heap: Queued[] = [];

  push(pair: Pair): void {
    const heap = this.#heap, item = { pair, count: pair.queued = pair.count };
    let at = heap.push(item) - 1;
    for (let up; at > 0 && isBetter(item, heap[up = (at - 1) >> 1]); at = up) heap[at] = heap[up];
    heap[at] = item;
  }

  /** Takes the best pair out. A pair that was queued again with a higher count comes once. */
  pop(): Queued | undefined {
    for (let top; (top = this.#taken());) {
      if (top.count !== top.pair.queued) continue;
      top.pair.queued = 0;
      return top;
    }
  }

  #taken(): Queued | undefined {
    const heap = this.#heap, top = heap[0], last = heap.pop();
    if (heap.length === 0 || !last) return top;
    let at = 0;
    for (let child; (child = 2 * at + 1) < heap.length; at = child) {
      if (child + 1 < heap.length && isBetter(heap[child + 1], heap[child])) child++;
      if (!isBetter(heap[child], last)) break;
      heap[at] = heap[child];
    }
    heap[at] = last;
    return top;
  }
}

function isBetter(a: Queued, b: Queued): boolean {
  if (a.count !== b.count) return a.count > b.count;
  return a.pair.length !== b.pair.length ? a.pair.length < b.pair.length : a.pair.text < b.pair.text;
}
