/**
 * Finished reproductions on one page.
 * @module
 */
import { basename, join } from "node:path";
import { UserError } from "../../runtime/errors.ts";
import { writeWhole } from "../../runtime/files/atomic.ts";
import { unlessMissing } from "../../runtime/files/damaged.ts";
import { literal } from "../markdown.ts";
import { markdownTable } from "../../display/text_tables.ts";
import { readResult, readResultFile, type Result } from "./result.ts";
import { section } from "./section.ts";

/** What else is on a page. */
export interface PageOptions {
  /** Names of reproductions in the order of the page; the others come after them. Default: none. */
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
 * @throws `UserError` where there is no finished reproduction, where a picture is missing, twice the same, or two whose pictures
 * have one name.
 */
export async function writePage(path: string, folders: readonly string[], options: PageOptions = {}): Promise<void> {
  const beside = folderOf(path), given = await Promise.all(folders.map(read));
  const names = given.map(({ result }) => fileName(result));
  refuseTwice(given.map(({ result: { name, size } }) => `${name}, ${size.name}`), "give each reproduction once");
  const remaining = await keptBeside(path, names), results = [...remaining, ...given.map(({ result }) => result)];
  const pictures = results.flatMap((result) => result.pictures.map(({ name }) => `${prefixOf(result)}${name}.svg`));
  refuseTwice(pictures, "give pictures of different recipes different names");
  const text = page(path, results, options);
  await Deno.mkdir(beside, { recursive: true });
  for (const [i, { result, pictures }] of given.entries()) {
    for (const { name, svg } of pictures) await writeWhole(join(beside, `${prefixOf(result)}${name}.svg`), svg);
    await writeWhole(join(beside, names[i]), JSON.stringify(result, null, 2) + "\n");
  }
  await writeWhole(path, text);
}

/** A finished reproduction, whole. */
async function read(folder: string): Promise<{ result: Result; pictures: { name: string; svg: Uint8Array }[] }> {
  const result = await readResult(folder);
  const pictures = await Promise.all(result.pictures.map(async ({ name }) => {
    const path = join(folder, `${name}.svg`), svg = await Deno.readFile(path).catch(unlessMissing(undefined));
    if (!svg) throw new UserError(`${path} cannot be read; give the same command again, which draws it`);
    return { name, svg };
  }));
  return { result, pictures };
}

function refuseTwice(names: readonly string[], remedy: string): void {
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new UserError(`${twice} is there twice; ${remedy}`);
}

/**
 * The results that a page was written from.
 *
 * @param without Names of files that do not matter.
 * @throws `UserError` for one that is damaged, or has the name of another.
 */
export async function keptBeside(path: string, without: readonly string[] = []): Promise<Result[]> {
  const beside = folderOf(path), names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(beside)) if (name.endsWith(".json")) names.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return await Promise.all(
    names.filter((name) => !without.includes(name)).map(async (name) => {
      const kept = join(beside, name), remedy = "delete it, and give the folder of such a reproduction";
      const result = await readResultFile(kept, remedy);
      if (fileName(result) !== name) {
        throw new UserError(`${kept} holds what belongs into ${fileName(result)}; ${remedy}`);
      }
      for (const picture of result.pictures) {
        const path = join(beside, `${prefixOf(result)}${picture.name}.svg`);
        if (await Deno.stat(path).then(() => true, () => false)) continue;
        throw new UserError(`${path} is missing; delete ${kept} too, and give the folder of such a reproduction`);
      }
      return result;
    }),
  );
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
    "What became of the paper's claims and ours, each with its rule and its numbers. Written by `docs/results.ts` from the " +
    "results of `deno task reproduce NAME`, which lie beside it; do not edit.";
  const pictures = basename(folderOf(path));
  const sections = ordered.map((result) => section(result, `${pictures}/${prefixOf(result)}`));
  return ["# Reproductions", intro, overview, ...sections, end].filter(Boolean).join("\n\n");
}

const folderOf = (path: string): string => path.replace(/\.md$/, "");
const prefixOf = ({ size }: Result): string => size.name === "full" ? "full-" : "";
const fileName = (result: Result): string => `${prefixOf(result)}${result.name}.json`;
