/**
 * What `--tune` may turn.
 * @module
 */
import type { CatalogueEntry, Settings } from "../optimizers/catalogue/entry.ts";
import type { FlagName } from "../cli/train_flags.ts";

/** A setting to search for. */
export interface Knob {
  /** Its name. */
  readonly setting: "learningRate" | "trustRegion" | "damping" | "hyperRate" | "lambdaFsd" | "metaRate";
  /** Its flag of `deno task train`. */
  readonly flag: FlagName;
  /** Where the search starts. */
  readonly start: number;
  /** Whether smaller (−1) or larger (1) values take smaller steps: where to look when training diverges. */
  readonly careful: -1 | 1;
}

const FIXED = [
  { setting: "learningRate", flag: "lr", careful: -1 },
  { setting: "trustRegion", flag: "trust-region", careful: -1 },
  { setting: "damping", flag: "damping", careful: 1 },
  { setting: "hyperRate", flag: "hyper-lr", careful: -1 },
] as const;
const LEARNED = [
  { setting: "lambdaFsd", flag: "lambda-fsd", careful: 1 },
  { setting: "metaRate", flag: "meta-lr", careful: -1 },
] as const;

/**
 * Of an optimizer that has a λ_FSD to learn by that and the meta rate; of any other the learning rate (of kfac and apo-kfac the trust
 * region instead), and the damping or the rate of the rate where it has one. Only those that are positive, as the grid is
 * logarithmic.
 *
 * @param settings Complete: where the search starts.
 */
export function knobsOf({ learns, settings: takes }: CatalogueEntry, settings: Partial<Settings>): Knob[] {
  const own = (candidates: readonly Omit<Knob, "start">[]) =>
    candidates.flatMap((knob) => {
      const start = settings[knob.setting];
      return takes.includes(knob.setting) && start !== undefined && start > 0 ? [{ ...knob, start }] : [];
    });
  if (learns && takes.includes("lambdaFsd")) return own(LEARNED);
  const fixed = own(FIXED);
  return fixed.some(({ setting }) => setting === "trustRegion") ? fixed.slice(1) : fixed;
}
