/**
 * Times that can be compared although the machine's throughput jumps: contestants take turns, and each is compared with the
 * one that ran beside it.
 * @module
 */

/** Something whose time is measured, a block of steps at a time. */
export interface Contestant {
  /** Runs the next block of steps and gives milliseconds a step. */
  block(): Promise<number>;
}

/** Milliseconds a step, a number a round, by contestant. */
export type Times<Name extends string> = Readonly<Record<Name, readonly number[]>>;

/** A median and what lies around it. */
export interface Spread {
  /** The median. */
  readonly median: number;
  /** The first quartile. */
  readonly low: number;
  /** The third quartile. */
  readonly high: number;
}

/** How often contestants have their turn: until a time is over, but not less or more often than this. */
export interface Rounds {
  readonly atLeast: number;
  readonly atMost: number;
  readonly milliseconds: number;
}

/**
 * Times every contestant once in each round, block by block. Each round begins with another one, so that none is always the
 * first after the pause between two rounds. A first round, in which code is compiled and memory grows, does not count.
 */
export async function interleaved<Name extends string>(
  contestants: Readonly<Record<Name, Contestant>>,
  rounds: number | Rounds,
): Promise<Times<Name>> {
  const { atLeast, atMost, milliseconds } = typeof rounds === "number"
    ? { atLeast: rounds, atMost: rounds, milliseconds: 0 }
    : rounds;
  const end = performance.now() + milliseconds;
  const names = Object.keys(contestants) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = -1; round < atLeast || (round < atMost && performance.now() < end); round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + round + 1) % names.length];
      const time = await contestants[name].block();
      if (round >= 0) times[name].push(time);
    }
  }
  return times;
}

/** The ratios of two contestants, round by round: a jump of the machine's throughput between rounds cancels. */
export function ratios(times: readonly number[], baseline: readonly number[]): number[] {
  return times.map((time, round) => time / baseline[round]);
}

/** Median and quartiles, interpolated linearly between the two nearest values. @throws `RangeError` for no values. */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError("the spread of no values");
  const sorted = values.toSorted((a, b) => a - b);
  const quantile = (share: number) => {
    const at = share * (sorted.length - 1), below = Math.floor(at), above = Math.ceil(at);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  };
  return { median: quantile(0.5), low: quantile(0.25), high: quantile(0.75) };
}
