/**
 * A comparison's folder.
 * @module
 */
import { join } from "node:path";
import { catalogue } from "../../optimizers/catalogue/catalogue.ts";
import { UserError } from "../../runtime/errors.ts";
import { writeWhole } from "../run/atomic.ts";
import { folderAt } from "../run/folder.ts";
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

const LOCK = ".lock";

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

/**
 * Makes the folder of a comparison, or takes it up again, and claims it.
 *
 * @returns The lock: it goes with the process, also by `kill -9`.
 * @throws `UserError` where there is something else, another comparison, or another process that has it.
 */
export async function claimFolder(folder: string, comparison: Comparison): Promise<Deno.FsFile> {
  const exists = await folderAt(folder);
  const old = exists && await sameComparison(folder, comparison);
  try {
    await Deno.mkdir(folder, { recursive: true });
    const lock = await Deno.open(join(folder, LOCK), { write: true, create: true });
    if (!await lock.tryLock(true)) {
      lock.close();
      throw new UserError(`${folder} is in use by another process; wait for it, or give another folder`);
    }
    if (!old) await writeWhole(join(folder, files.comparison), JSON.stringify(comparison, null, 2) + "\n");
    return lock;
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (!exists) await Deno.remove(folder, { recursive: true }).catch(() => {}); // it holds no more than the lock
    throw new UserError(`--out=${folder} cannot be made: ${(error as Error).message}; give another folder`);
  }
}

/** Whether this comparison has begun there. @throws `UserError` where there is anything else. */
async function sameComparison(folder: string, comparison: Comparison): Promise<boolean> {
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  if (names.every((name) => name === LOCK || name.endsWith(".part"))) return false;
  if (!names.includes(files.comparison)) {
    throw new UserError(`--out=${folder} exists and is no comparison; give another folder`);
  }
  const old = await readComparison(folder), now = JSON.parse(JSON.stringify(comparison)) as Comparison;
  const differs = (Object.keys(now) as (keyof Comparison)[]).find((key) =>
    JSON.stringify(old[key]) !== JSON.stringify(now[key])
  );
  if (differs === undefined) return true;
  throw new UserError(
    `--out=${folder} belongs to another comparison (other ${
      WORDS[differs]
    }); give another folder, or go on with it: --resume=${folder}`,
  );
}

/** Reads what is compared there. @throws `UserError` where there is no comparison. */
export async function readComparison(folder: string): Promise<Comparison> {
  const text = await Deno.readTextFile(join(folder, files.comparison)).catch(() => undefined);
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
      `${join(folder, files.comparison)} is damaged, or no comparison of format 1; start a new one in another folder`,
    );
  }
  return comparison;
}

// deno-lint-ignore no-explicit-any -- whatever the file says
function isComparison(x: any): x is Comparison {
  const isRecord = (y: unknown) => typeof y === "object" && y !== null && !Array.isArray(y);
  const isCount = (y: unknown) => Number.isSafeInteger(y) && y as number >= 1;
  return x?.format === 1 && Array.isArray(x.contestants) && x.contestants.length > 0 &&
    // deno-lint-ignore no-explicit-any -- whatever the file says
    x.contestants.every((y: any) =>
      typeof y?.name === "string" && y.optimizer in catalogue && isRecord(y.given) && isRecord(y.settings)
    ) &&
    isCount(x.seeds) && isRecord(x.budget) && (isCount(x.budget.steps) || x.budget.seconds > 0) &&
    (x.tuning === null || isCount(x.tuning?.trials)) && isRecord(x.shared) && isRecord(x.versions);
}
