/**
 * The entry of APO by probes.
 * @module
 */
import { UserError } from "../../runtime/errors.ts";
import { amortizeByProbes } from "../amortizer/probes/amortize_by_probes.ts";
import { PROBES } from "../tuned.ts";
import { type CatalogueEntry, scheduledRate, type Settings } from "./entry.ts";

const DEFAULTS = { schedule: "linear", ...PROBES } satisfies Partial<Settings>;

/** APO that learns its preconditioner from random probes. */
export const probes: CatalogueEntry = {
  description: "APO learns KFAC-shaped preconditioners from random probes (ours), with heavy ball and a trust region",
  learningRate: 1,
  learns: true,
  settings: ["learningRate", "schedule", "trustRegion", "damping", "every", "metaRate", "blockSize"],
  tuned: ["trustRegion", "damping"],
  complete: (settings) => ({ ...DEFAULTS, ...settings }),
  build: (problem, settings) => {
    const { trustRegion, damping, every, metaRate, blockSize, ...rest } = { ...DEFAULTS, ...settings };
    if (metaRate >= 1) {
      const problem = "cannot be for apo-kfac", remedy = "give a number below 1, such as 0.2";
      throw new UserError({ argument: "metaRate", value: metaRate, problem, remedy });
    }
    return amortizeByProbes({
      problem,
      learningRate: scheduledRate(rest),
      ...{ trustRegion, damping, every, metaRate, blockSize },
    });
  },
};
