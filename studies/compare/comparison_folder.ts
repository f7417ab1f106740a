/**
 * A comparison's folder.
 * @module
 */
import { join } from "node:path";
import { argument } from "../../runtime/argument.ts";
import { UserError } from "../../runtime/errors.ts";
import { unlessMissing } from "../../runtime/files/damaged.ts";
import { isCount, isRecord, isText } from "../../runtime/files/json_shapes.ts";
import { claimPlan } from "../claim.ts";
import type { Comparison } from "./comparison.ts";

/** The files and folders of a comparison. */
export const files = {
  comparison: "comparison.json",
  results: "results.json",
  table: "table.md",
  steps: "loss-steps.svg",
  time: "loss-time.svg",
  tuning: "tuning.svg",
  report: "report.html",
} as const;

/** What differs, for people. */
const WORDS: Readonly<Record<keyof Comparison, string>> = {
  format: "format",
  contestants: "optimizers or settings",
  seeds: "seeds",
  budget: "budget",
  tuning: "tuning",
  shared: "task, model, data or backend",
  source: "data",
  setup: "model or batches",
  versions: "versions",
};

/** Makes the folder of a comparison, or takes it up again, and claims it: as `claimPlan`. */
export async function claimFolder(folder: string, comparison: Comparison): Promise<Deno.FsFile> {
  return await claimPlan(folder, {
    kind: "comparison",
    file: files.comparison,
    plan: comparison,
    words: WORDS,
    read: readComparison,
    remedy: `, or go on with it: ${argument("resume", folder)}`,
  });
}

/** Reads what is compared there. @throws `UserError` where there is no comparison. */
export async function readComparison(folder: string): Promise<Comparison> {
  const text = await Deno.readTextFile(join(folder, files.comparison)).catch(unlessMissing(undefined));
  if (text === undefined) {
    throw new UserError(`${folder} is no comparison: there is no ${files.comparison}; give the folder of one`);
  }
  const comparison = (() => {
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  })();
  if (!isComparison(comparison)) {
    throw new UserError(
      `${join(folder, files.comparison)} is damaged, or no comparison of format 2; start a new one in another folder`,
    );
  }
  return comparison;
}

// deno-lint-ignore no-explicit-any -- whatever the file says
function isComparison(x: any): x is Comparison {
  return x?.format === 2 && Array.isArray(x.contestants) && x.contestants.length > 0 &&
    x.contestants.every(isContestant) && isCount(x.seeds) &&
    isRecord(x.budget) && (isCount(x.budget.steps) || x.budget.seconds as number > 0) &&
    (x.tuning === null || isCount(x.tuning?.trials)) && isRecord(x.shared) && isRecord(x.versions);
}

// deno-lint-ignore no-explicit-any -- whatever the file says
const isContestant = (x: any) =>
  isText(x?.name) && isRecord(x.given) && [x.config, x.trial ?? x.config].every((config) => isRecord(config?.settings));
