/**
 * Finished reproductions on one page.
 * @module
 */
import { join } from "node:path";
import { UserError } from "../../runtime/errors.ts";
import { writeWhole } from "../run/atomic.ts";
import { literal } from "../trials/markdown.ts";
import { markdownTable } from "../display/text_tables.ts";
import { readResult, readResultFile, type Result } from "./result.ts";
import { section } from "./section.ts";

/** What else is on a page. */
export interface PageOptions {
  /** Names of reproductions in the order of the page; the others come after them. None unless given. */
  readonly order?: readonly string[];
  /** Markdown for its end. */
  readonly end?: string;
}

/**
 * Writes a page, and beside it a folder of its name, which keeps results and pictures: what stood on the page before and is not
 * given anew remains.
 *
 * @param path Of the page: `docs/results.md`.
 * @param folders Of finished reproductions.
 * @throws `UserError` where there is no finished reproduction, or twice the same.
 */
export async function writePage(path: string, folders: readonly string[], options: PageOptions = {}): Promise<void> {
  const results = await Promise.all(folders.map(readResult)), beside = besides(path);
  const names = results.map(({ name, size }) => `${name}, ${size.name}`);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new UserError(`${twice} is there twice; give each reproduction once`);
  const remaining = (await keptBeside(path)).filter(({ name, size }) => !names.includes(`${name}, ${size.name}`));
  await Deno.mkdir(beside, { recursive: true });
  for (const [i, result] of results.entries()) {
    for (const { name } of result.pictures) {
      const svg = await Deno.readFile(join(folders[i], `${name}.svg`));
      await writeWhole(join(beside, `${prefixOf(result)}${name}.svg`), svg);
    }
    await writeWhole(join(beside, `${prefixOf(result)}${result.name}.json`), JSON.stringify(result, null, 2) + "\n");
  }
  await writeWhole(path, page(path, [...remaining, ...results], options));
}

/** The results that a page was written from. @throws `UserError` for one that is damaged. */
export async function keptBeside(path: string): Promise<Result[]> {
  const beside = besides(path), names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(beside)) if (name.endsWith(".json")) names.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return await Promise.all(names.map((name) => readResultFile(join(beside, name))));
}

/** The page's text. */
export function page(path: string, results: readonly Result[], { order = [], end = "" }: PageOptions = {}): string {
  const rank = ({ name }: Result) => order.includes(name) ? order.indexOf(name) : order.length;
  const key = ({ name, size }: Result) => `${name} ${size.name === "full" ? 1 : 0}`;
  const ordered = results.toSorted((a, b) => rank(a) - rank(b) || (key(a) < key(b) ? -1 : 1));
  const overview = markdownTable({
    heads: ["reproduction", "claim", "verdict", "size"],
    rows: ordered.map(({ name, claim, verdict, size }) =>
      [name, literal(claim), verdict, size.name].map((text) => ({ text }))
    ),
  });
  const intro =
    "What became of the paper's claims, each with its rule and its numbers. Written by `docs/results.ts` from the " +
    "results of `deno task reproduce NAME`, which lie beside it; do not edit.";
  const pictures = besides(path).replace(/^.*\//, "");
  const sections = ordered.map((result) => section(result, `${pictures}/${prefixOf(result)}`));
  return ["# Reproductions", intro, overview, ...sections, end].filter(Boolean).join("\n\n");
}

const besides = (path: string): string => path.replace(/\.md$/, "");
const prefixOf = ({ size }: Result): string => size.name === "full" ? "full-" : "";
