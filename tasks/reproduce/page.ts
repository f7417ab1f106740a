/**
 * Finished reproductions on one page.
 * @module
 */
import { basename, join } from "node:path";
import { UserError } from "../../runtime/errors.ts";
import { writeWhole } from "../run/atomic.ts";
import { literal } from "../trials/markdown.ts";
import { markdownTable } from "../display/text_tables.ts";
import { readResult } from "./result.ts";
import { section } from "./section.ts";

/**
 * Writes a page, and beside it a folder of its name with the pictures.
 *
 * @param path Of the page: `docs/results.md`.
 * @param folders Of finished reproductions, in the order of the page.
 * @param end Markdown for the page's end.
 * @throws `UserError` where there is no finished reproduction, or twice the same.
 */
export async function writePage(path: string, folders: readonly string[], end = ""): Promise<void> {
  const results = await Promise.all(folders.map(readResult));
  const names = results.map(({ name, size }) => `${name}, ${size.name}`);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new UserError(`${twice} is there twice; give each reproduction once`);
  const beside = path.replace(/\.md$/, ""), pictures = basename(beside);
  await Deno.mkdir(beside, { recursive: true });
  const sections: string[] = [];
  for (const [i, result] of results.entries()) {
    const prefix = result.size.name === "full" ? "full-" : "";
    for (const { name } of result.pictures) {
      await writeWhole(join(beside, `${prefix}${name}.svg`), await Deno.readFile(join(folders[i], `${name}.svg`)));
    }
    sections.push(section(result, `${pictures}/${prefix}`));
  }
  const overview = markdownTable({
    heads: ["reproduction", "claim", "verdict", "size"],
    rows: results.map(({ name, claim, verdict, size }) =>
      [name, literal(claim), verdict, size.name].map((text) => ({ text }))
    ),
  });
  const intro =
    "What became of the paper's claims, each with its rule and its numbers. Written by `docs/results.ts` from the " +
    "results of `deno task reproduce NAME`; do not edit.";
  await writeWhole(path, ["# Reproductions", intro, overview, ...sections, end].filter(Boolean).join("\n\n"));
}
