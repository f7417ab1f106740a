/**
 * What a comparison writes at its end.
 * @module
 */
import { join } from "node:path";
import { writeWhole } from "../../runtime/files/atomic.ts";
import { files } from "./comparison_folder.ts";
import { pictures } from "./pictures.ts";
import { reportPage } from "./html_report.ts";
import { failedRuns, type Results } from "./results.ts";
import { codeBlock, literal } from "../markdown.ts";
import { markdownTable } from "../../display/text_tables.ts";
import { notes, resultTable } from "./comparison_table.ts";

/** Writes results, table, pictures and report, each whole or not at all. */
export async function writeResults(results: Results, folder: string): Promise<void> {
  const drawn = await pictures(results, folder);
  const failed = failedRuns(results).map(({ name, seed, failed }) => `${name}, seed ${seed}, failed: ${failed}`);
  const lines = [...notes(results), ...failed].map((line) => `- ${literal(line)}`).join("\n");
  const contents: Record<string, string> = {
    [files.results]: JSON.stringify(results, null, 2) + "\n",
    [files.table]: `${markdownTable(resultTable(results))}\n\n${lines}\n\n${codeBlock(results.command)}\n`,
    ...drawn,
    [files.report]: reportPage(results, drawn),
  };
  for (const [name, content] of Object.entries(contents)) await writeWhole(join(folder, name), content);
}
