/**
 * What a narrow format costs each method.
 * @module
 */
import type { Cell } from "../../../display/cells.ts";
import { allEnded } from "../../turns.ts";
import { type Contested, figureCell } from "../contest.ts";
import { metricsOf, type Run } from "../laboratory.ts";
import type { TitledTable } from "../recipe.ts";
import { NARROW, over, type Twins } from "./twins.ts";

/** Losses of a situation, each narrow one over its float32 twin's, and what went wrong on the way. */
export async function lossTable(title: string, all: readonly Twins[]): Promise<TitledTable> {
  return {
    title,
    heads: [
      "method",
      "training loss",
      "over float32's",
      `tuned in ${NARROW}, over float32's`,
      "refused steps",
      "failed inverses",
    ],
    rows: (await allEnded(all.map(async ({ method: { name }, wide, narrowed }) => [
      [
        { text: `${name} in float32` },
        figureCell(wide.figures),
        ...["–", "–"].map((text) => ({ text })),
        ...await mishaps([wide]),
      ],
      ...await allEnded(narrowed.map(async ({ narrowness, same, own }): Promise<Cell[]> => [
        { text: `${name}${narrowness.name}` },
        figureCell(same.figures),
        ...[same, own].map(({ figures }) => figureCell(over(figures, wide.figures))),
        ...await mishaps([same, own]),
      ])),
    ]))).flat(),
  };
}

/** Refused steps and failed inverses of the runs of each, all seeds together: `12, 0`. A dash where there are no inverses to fail. */
async function mishaps(all: readonly Contested[]): Promise<Cell[]> {
  const counts = (name: string) => allEnded(all.map(async ({ runs }) => await inLastLine(runs, name) ?? "–"));
  return (await allEnded(["refused", "inverseFailures"].map(counts))).map((texts) => ({ text: texts.join(", ") }));
}

/** What the last lines of runs count, added up; undefined where they do not count it. Runs whose processes failed count nothing. */
export async function inLastLine(runs: readonly Run[], name: string): Promise<number | undefined> {
  const logged = runs.filter(({ summary, diverged }) => summary || diverged);
  const lines = await allEnded(logged.map(async (run) => (await metricsOf(run)).at(-1)));
  const counts = lines.map((line) => line?.[name]).filter((count) => typeof count === "number");
  return counts.length > 0 ? counts.reduce((sum, count) => sum + count, 0) : undefined;
}
