/**
 * What a finished comparison prints.
 * @module
 */
import { columns } from "../../display/columns.ts";
import type { Spell } from "../../runtime/argument.ts";
import { files } from "./comparison_folder.ts";
import { failedRuns, type Results } from "./results.ts";
import { terminalTable } from "../../display/text_tables.ts";
import { notes, resultTable } from "./comparison_table.ts";
import { tuningFound } from "./tuning_text.ts";

/** The table, what to know about it, and where everything is; `spell` spells the settings that were tuned. */
export function summary(results: Results, folder: string, bold: boolean, spell: Spell): string {
  const tuned = tuningFound(results.optimizers, spell);
  const failed = failedRuns(results).map(({ name, seed, failed }) => [`${name} seed ${seed}`, failed]);
  const contents = [
    [files.report, "everything on one page"],
    [files.table, "the table above"],
    [files.results, "every number"],
    [files.steps, "loss against steps"],
    [files.time, "loss against time"],
    ...results.comparison.tuning ? [[files.tuning, "loss against what was tuned"]] : [],
    ["runs/", "every run, as `deno task train` writes it"],
  ];
  return [
    terminalTable(resultTable(results), bold),
    notes(results, bold ? "in bold" : "after a star").join("\n"),
    ...tuned.length > 0 ? [`Tuned:\n${columns(tuned)}`] : [],
    ...failed.length > 0 ? [`Failed:\n${columns(failed)}`] : [],
    `Everything is in ${folder}\n${columns(contents)}`,
  ].join("\n\n");
}
