/**
 * The search for the scale of P before the first update.
 * @module
 */

/** How a lookahead at some scale of P turned out. */
export interface Trial {
  /** Where Q goes as the scale grows: (a + b)/(|a| + |b|) with a + b = ∂Q/∂log scale; in [−1, 1]; +1 for what is not finite. */
  readonly slope: number;
  /** The loss's decrease over what the linearised loss promises: 1 where the model is still linear. */
  readonly agreement: number;
}

const LARGEST_OFFSET = 60; // e^±60 leaves float32 on either side
const LINEAR = 0.9; // agreement
const CLOSE = 0.5; // a factor of 1.6

/**
 * Finds the smallest scale of P at which Q stops falling, on a fixed batch (ours; not the paper's). A far too large rate destroys θ in
 * the first update, before any meta step can help; a far too small one takes hundreds of meta steps to grow. First down to where
 * the model is linear, then up to the first overshoot, then bisection to a width of 0.1. Takes 6 to 25 trials: where the model bends,
 * Q may rise and fall again between two of them (a deep tanh network jumps to its mean output), so that these look between.
 * A decrease too small to be told from rounding counts as promised (see `start_up.ts`).
 *
 * @param attempt Tries P scaled by e^offset.
 * @returns The offset; 0 where no scale is better than another (a gradient of zero).
 */
export async function searchScale(attempt: (offset: number) => Promise<Trial>): Promise<number> {
  let offset = 0, trial = await attempt(offset);
  for (let step = 1; !(trial.slope < -0.5 && trial.agreement > 0.5); step = Math.min(1.5 * step, 4)) {
    offset -= step;
    if (offset < -LARGEST_OFFSET) return 0;
    trial = await attempt(offset);
  }
  let low = offset, high = offset;
  for (let step = 1; trial.slope < 0; step = Math.min(1.5 * step, 2.5)) {
    low = high;
    high += step;
    if (high > LARGEST_OFFSET) return 0;
    const before = trial;
    trial = await attempt(high);
    if (Math.min(before.agreement, trial.agreement) > LINEAR) continue;
    const hidden = await earlierOvershoot(attempt, low, high, trial);
    if (!hidden) continue;
    ({ low, high } = hidden);
    break;
  }
  while (high - low > 0.1) {
    const middle = (low + high) / 2;
    if ((await attempt(middle)).slope < 0) low = middle;
    else high = middle;
  }
  return low;
}

/** Between two trials, of which the first still falls: an overshoot after which Q falls again, if there is one. */
async function earlierOvershoot(
  attempt: (offset: number) => Promise<Trial>,
  low: number,
  high: number,
  atHigh: Trial,
): Promise<{ low: number; high: number } | undefined> {
  const pieces = Math.ceil((high - low) / CLOSE), offsets: number[] = [], falls: boolean[] = [];
  for (let i = 0; i <= pieces; i++) {
    offsets.push(low + (i / pieces) * (high - low));
    falls.push(i === 0 || ((i === pieces ? atHigh : await attempt(offsets[i])).slope < 0));
  }
  const first = falls.indexOf(false);
  return first > 0 && falls.includes(true, first) ? { low: offsets[first - 1], high: offsets[first] } : undefined;
}
