/**
 * The search of good settings: which trial comes next is a function of the trials so far.
 *
 * A point is a number a knob: decades from the knob's start. The search looks along one knob after the other (coordinate search)
 * from the best point so far, at first half a decade up and down. While the best point is the outermost of its line the line is
 * widened there; when it lies between two worse ones on every knob, the distance is halved. Every optimizer gets the same number of
 * trials, however many knobs it has: one with two knobs searches each less finely.
 * @module
 */

/** What was tried. */
export interface Trial {
  /** Decades from the start, a number a knob. */
  readonly at: readonly number[];
  /** What is to be small; ∞ where training failed. */
  readonly loss: number;
}

const DISTANCE = 0.5; // decades: neighbouring values of the first grid differ by √10
const ESCAPE = 1; // decades, while nothing has trained at all
const SAME = 1e-9;

/** For each knob, in which direction steps get smaller. */
export type Careful = readonly (-1 | 1)[];

/** The trial with the smallest loss, the first of equals; of trials that all failed the most careful. Undefined for none. */
export function best(trials: readonly Trial[], careful: Careful): Trial | undefined {
  if (trials.some(({ loss }) => loss < Infinity)) return trials.toSorted((a, b) => a.loss - b.loss)[0];
  const care = ({ at }: Trial) => at.reduce((sum, x, knob) => sum + careful[knob] * x, 0);
  return trials.toSorted((a, b) => care(b) - care(a))[0];
}

/** The trials that differ from `centre` in this knob only, `centre` among them, from low to high. */
export function lineThrough(trials: readonly Trial[], centre: Trial, knob: number): Trial[] {
  return trials
    .filter(({ at }) => at.every((x, other) => other === knob || Math.abs(x - centre.at[other]) < SAME))
    .toSorted((a, b) => a.at[knob] - b.at[knob]);
}

/** Whether the best trial lies between two others of its line: the grid was wide enough. */
export function isInside(trials: readonly Trial[], careful: Careful, knob: number): boolean {
  const centre = best(trials, careful);
  if (centre === undefined || centre.loss === Infinity) return false;
  const line = lineThrough(trials, centre, knob);
  return line[0] !== centre && line.at(-1) !== centre;
}

/** Where to try next. @param distance Decades between neighbours of the first grid. */
export function nextPoint(trials: readonly Trial[], careful: Careful, distance: number = DISTANCE): number[] {
  const centre = best(trials, careful);
  if (centre === undefined) return careful.map(() => 0);
  if (centre.loss === Infinity) return centre.at.with(0, centre.at[0] + careful[0] * ESCAPE);
  for (;; distance /= 2) {
    for (const knob of careful.keys()) {
      const offsets = lineThrough(trials, centre, knob).map(({ at }) => at[knob] - centre.at[knob]);
      for (const side of [1, -1]) {
        const known = offsets.some((offset) => offset * side > SAME && offset * side < distance + SAME);
        if (!known) return centre.at.with(knob, centre.at[knob] + side * distance);
      }
    }
  }
}
