/**
 * Optimizers by name: one line each, those of a direction in `bases.ts`. The command line, comparisons and benches take their
 * optimizers from here.
 * @module
 */
import { named } from "../../runtime/nearest.ts";
import { weightAverage } from "../baselines/weight_average.ts";
import { diagonal } from "../parameterizations/diagonal.ts";
import { fullMatrix } from "../parameterizations/full.ts";
import { kfacStructured } from "../parameterizations/kfac.ts";
import { perBlockRates, scalarRate } from "../parameterizations/log_rates.ts";
import { META } from "../tuned.ts";
import { amortized } from "./amortized.ts";
import { bases, learnedBases } from "./bases.ts";
import { baselines } from "./baselines.ts";
import type { CatalogueEntry, Settings } from "./entry.ts";
import { fixed } from "./fixed.ts";
import { probes } from "./probes.ts";

const scalar = ({ learningRate }: Settings) => scalarRate({ learningRate });

const ofBases = Object.entries(learnedBases).map(([base, { title }]) =>
  [`apo-${base}`, amortized(base, `APO learns the rate of ${title}`, scalar)] as const
);

const entries: Readonly<Record<string, CatalogueEntry>> = {
  ...Object.fromEntries(Object.keys(bases).map((base) => [base, fixed(base)])),
  ...baselines,
  ...Object.fromEntries(ofBases),
  "apo-per-block": amortized(
    "momentum",
    "APO learns a rate for each kernel and bias, on momentum",
    ({ learningRate }) => perBlockRates({ learningRate }),
  ),
  "apo-diagonal": amortized(
    "momentum",
    "APO learns a rate for each weight, on momentum",
    ({ learningRate }) => diagonal({ learningRate }),
  ),
  "apo-kfac": probes,
  "apo-kfac-paper": amortized(
    "momentum",
    "APO learns KFAC-structured preconditioners as in the paper (blocks of 64), on momentum",
    ({ learningRate, blockSize = META.blockSize }) => kfacStructured({ learningRate, blockSize }),
    ["blockSize"],
  ),
  "apo-full": amortized(
    "momentum",
    "APO learns one matrix for all parameters, on momentum, for toy problems",
    ({ learningRate }) => fullMatrix({ learningRate }),
  ),
};

/** Any optimizer can have its weights averaged. */
function averageable(entry: CatalogueEntry): CatalogueEntry {
  return {
    ...entry,
    settings: [...entry.settings, "average"],
    complete: (settings) => ({ average: 0, ...entry.complete(settings) }),
    build: (problem, { average, ...settings }) => {
      const optimizer = entry.build(problem, settings);
      return average ? weightAverage(optimizer, { decay: average }) : optimizer;
    },
  };
}

/** The optimizers. */
export const catalogue: Readonly<Record<string, CatalogueEntry>> = Object.fromEntries(
  Object.entries(entries).map(([name, entry]) => [name, averageable(entry)]),
);

/** The optimizer of a name. @throws `UserError` with the nearest name. */
export function catalogued(name: string): CatalogueEntry {
  return named("optimizer", name, catalogue);
}
