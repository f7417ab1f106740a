/**
 * `result.json`: what came out.
 * @module
 */
import { join } from "node:path";
import { UserError } from "../../runtime/errors.ts";
import type { Machine } from "../../runs/machine.ts";
import { isRecord, isText } from "../../runtime/files/json_shapes.ts";
import type { Counts } from "./laboratory.ts";
import type { Finding, Picture, Recipe, SizeName, TitledTable } from "./recipe.ts";
import { type Judgement, overall, type Verdict } from "./verdict.ts";

/** The files of a reproduction; pictures have names of their own. */
export const files = { plan: "reproduction.json", result: "result.json", report: "report.md" } as const;

/** The contents of `result.json`: everything that reports say. */
export interface Result {
  /** Of this file. */
  readonly format: 1;
  readonly name: string;
  readonly claim: string;
  readonly verdict: Verdict;
  readonly parts: readonly Judgement[];
  readonly rule: string;
  readonly paper: string;
  readonly ours: string;
  readonly size: { readonly name: SizeName; readonly about: string };
  /** Which data, in words; null where there are none. */
  readonly source: string | null;
  readonly seeds: readonly number[];
  readonly counts: Counts;
  readonly tables: readonly TitledTable[];
  /** In the folder. */
  readonly pictures: readonly Omit<Picture, "svg">[];
  readonly notes: readonly string[];
  /** What repeats it. */
  readonly command: string;
  /** Where it ended. */
  readonly machine: Machine;
  /** What computed; null where it was not chosen. */
  readonly backend: string | null;
  readonly versions: Readonly<Record<string, string>>;
}

/** What a finding comes to. */
export function resultOf(
  { name, claim, rule, paper, ours, sizes }: Recipe,
  size: SizeName,
  { parts, tables, pictures, notes }: Finding,
  rest: Pick<Result, "source" | "seeds" | "counts" | "command" | "machine" | "backend" | "versions">,
): Result {
  return {
    format: 1,
    name,
    claim,
    verdict: overall(parts),
    parts,
    rule,
    paper,
    ours,
    size: { name: size, about: sizes[size].about },
    tables,
    pictures: pictures.map(({ name, caption }) => ({ name, caption })),
    notes,
    ...rest,
  };
}

/** Reads a finished reproduction. @throws `UserError` where there is none. */
export async function readResult(folder: string): Promise<Result> {
  try {
    return await readResultFile(join(folder, files.result), "do the reproduction again");
  } catch (error) {
    const { NotFound, NotADirectory, IsADirectory } = Deno.errors;
    if (![NotFound, NotADirectory, IsADirectory].some((kind) => error instanceof kind)) throw error;
  }
  throw new UserError(`${folder} is no finished reproduction: there is no ${files.result}; give the folder of one`);
}

/** Reads such a file, wherever it lies. @throws `UserError` with the remedy for one that is damaged. */
export async function readResultFile(path: string, remedy: string): Promise<Result> {
  const text = await Deno.readTextFile(path);
  try {
    const result = JSON.parse(text);
    if (Object.entries(shapes).every(([key, fits]) => fits(result?.[key]))) return result;
  } catch {
    // told below
  }
  throw new UserError(`${path} is damaged, or of another format; ${remedy}`);
}

// deno-lint-ignore no-explicit-any -- whatever the file says
type Fits = (x: any) => boolean;
const isTexts: Fits = (x) => Array.isArray(x) && x.every(isText);
const isFileName: Fits = (x) => isText(x) && /^[\w-]+$/.test(x); // it must not lead out of a folder
const isVerdict: Fits = (x) => x === "supported" || x === "not supported" || x === "inconclusive";
const isTally: Fits = (x) => Number.isSafeInteger(x?.total) && Number.isSafeInteger(x.failed);
const all = (fits: Fits): Fits => (x) => Array.isArray(x) && x.every(fits);

/** What each entry must be. */
const shapes: { readonly [K in keyof Result]-?: Fits } = {
  format: (x) => x === 1,
  name: isFileName,
  claim: isText,
  verdict: isVerdict,
  parts: all((x) => isText(x?.claim) && isVerdict(x.verdict) && isText(x.why)),
  rule: isText,
  paper: isText,
  ours: isText,
  size: (x) => (x?.name === "quick" || x?.name === "full") && isText(x.about),
  source: (x) => x === null || isText(x),
  seeds: (x) => all(Number.isSafeInteger)(x) && x.length > 0,
  counts: (x) => isTally(x?.trials) && isTally(x.runs),
  tables: all((x) => isText(x?.title) && isTexts(x.heads) && all(all((cell) => isText(cell?.text)))(x.rows)),
  pictures: all((x) => isFileName(x?.name) && isText(x.caption)),
  notes: isTexts,
  command: isText,
  machine: (x) => isText(x?.cpu) && Number.isSafeInteger(x.cores) && isText(x.system),
  backend: (x) => x === null || isText(x),
  versions: (x) => isRecord(x) && isTexts(Object.values(x)),
};
