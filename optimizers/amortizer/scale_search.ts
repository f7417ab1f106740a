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

const LARGEST_OFFSET = 87; // float32 holds e^±87, which reaches from rates of 1e-36 and of 1e34 to usual ones

/** Somewhat less than the half at which a quadratic J is least, so that Q decides where J is about quadratic. */
const FAITHFUL = 0.45; // agreement

/**
 * Finds the smallest scale of P at which Q stops falling, or J keeps less than 0.45 of what its slope promises, on a fixed batch (ours;
 * not the paper's). A far too large rate destroys θ in the first update, before any meta step can help; a far too small one takes
 * hundreds of meta steps to grow. First down to where the model is linear, then up to the first scale that is too large, then
 * bisection to a width of 0.1. Takes 6 to 25 trials. Q alone falls further where J bends away from its slope and stays low: along the
 * first gradient of a narrow network, which such a step leaves with dead units, or of a deep tanh network, which jumps to its mean
 * output. A decrease too small to be told from rounding counts as promised (see `start_up.ts`).
 *
 * @param attempt Tries P scaled by e^offset.
 * @returns The offset; 0 where no scale is better than another (a gradient of zero).
 */
export async function searchScale(attempt: (offset: number) => Promise<Trial>): Promise<number> {
  const isTrusted = ({ slope, agreement }: Trial) => slope < 0 && agreement > FAITHFUL;
  let offset = 0, trial = await attempt(offset);
  for (let step = 1; !(isTrusted(trial) && trial.slope < -0.5); step = Math.min(1.5 * step, 4)) {
    offset -= step;
    if (offset < -LARGEST_OFFSET) return 0;
    trial = await attempt(offset);
  }
  let low = offset, high = offset;
  for (let step = 1; isTrusted(trial); step = Math.min(1.5 * step, 2.5)) {
    low = high;
    high += step;
    if (high > LARGEST_OFFSET) return 0;
    trial = await attempt(high);
  }
  while (high - low > 0.1) {
    const middle = (low + high) / 2;
    if (isTrusted(await attempt(middle))) low = middle;
    else high = middle;
  }
  return low;
}
