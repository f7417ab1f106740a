/**
 * A reproduction's folder.
 * @module
 */
import { join } from "node:path";
import { UserError } from "../../runtime/errors.ts";
import type { Choices } from "../../runs/options.ts";
import { claimPlan } from "../claim.ts";
import type { SizeName } from "./recipe.ts";
import { files } from "./result.ts";

/** The contents of `reproduction.json`: what must be the same to go on. The seeds need not, as each has runs of its own. */
export interface ReproductionPlan {
  /** Of this file. */
  readonly format: 1;
  readonly name: string;
  readonly size: SizeName;
  /** How it is judged, and so what it is tuned for. */
  readonly rule: string;
  /** What the size chooses. */
  readonly settings: object;
  /** The flags of `train` that all runs of a task have, for each task. */
  readonly shared: readonly Choices[];
  /** Of what computes. */
  readonly versions: Readonly<Record<string, string>>;
}

const WORDS: Readonly<Record<keyof ReproductionPlan, string>> = {
  format: "format",
  name: "claim",
  size: "size",
  rule: "rule",
  settings: "settings",
  shared: "data or backend",
  versions: "versions",
};

/**
 * Makes the folder, or takes it up again, and claims it.
 *
 * @throws `UserError` where there is something else, another reproduction, or another process that has it.
 */
export async function claimReproduction(folder: string, plan: ReproductionPlan): Promise<Deno.FsFile> {
  return await claimPlan(folder, { kind: "reproduction", file: files.plan, plan, words: WORDS, read: readPlan });
}

async function readPlan(folder: string): Promise<ReproductionPlan> {
  const path = join(folder, files.plan);
  try {
    const plan = JSON.parse(await Deno.readTextFile(path));
    if (plan?.format === 1) return plan;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof Deno.errors.IsADirectory)) throw error;
  }
  throw new UserError(`${path} is damaged, or of another format; give another folder`);
}
