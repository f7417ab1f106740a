/**
 * What `--tune` may turn.
 * @module
 */
import type { CatalogueEntry, Settings, TunedSetting } from "../optimizers/catalogue/entry.ts";
import { settingOptions } from "../optimizers/catalogue/options.ts";

/** A setting to search for. */
export interface Knob {
  /** Its name. */
  readonly setting: TunedSetting;
  /** Where the search starts. */
  readonly start: number;
  /** Whether smaller (−1) or larger (1) values take smaller steps: where to look when training diverges. */
  readonly careful: -1 | 1;
}

/**
 * The settings that an optimizer says are to be tuned; only those that are positive, as the grid is logarithmic.
 *
 * @param settings Complete: where the search starts.
 */
export function knobsOf({ tuned = ["learningRate"] }: CatalogueEntry, settings: Partial<Settings>): Knob[] {
  return tuned.flatMap((setting) => {
    const start = settings[setting], { careful } = settingOptions[setting];
    return start !== undefined && start > 0 ? [{ setting, start, careful }] : [];
  });
}
