/**
 * What a reproduction prints.
 * @module
 */
import { columns } from "../../display/columns.ts";
import { wrapped } from "../../display/wrapped.ts";
import { terminalTable } from "../../display/text_tables.ts";
import type { LeftOut } from "./laboratory.ts";
import type { Recipe, SizeName } from "./recipe.ts";
import { files, type Result } from "./result.ts";
import { countsText, seedsText } from "./section.ts";
import type { Verdict } from "./verdict.ts";

const INDENT = 9;

/** Before anything is known: the claim, and how it will be judged. */
export function announcement(
  { claim, rule, paper, ours, sizes }: Recipe,
  size: SizeName,
  leftOut: readonly LeftOut[],
  folder: string,
): string {
  const { about, time } = sizes[size], data = leftOut.map(({ task, why }) => `${task}: ${why}, left out`).join("; ");
  const lines = { claim, rule, paper, ours, size: `${size}: ${about}; ${time}`, ...data && { data }, folder };
  return Object.entries(lines).map(([name, text]) => wrapped(`${name.padEnd(INDENT - 1)} ${text}`, INDENT)).join("\n");
}

const COLOURS: Readonly<Record<Verdict, number>> = { supported: 32, "not supported": 31, inconclusive: 33 };

/** The numbers, and at its end the verdict. */
export function summary(result: Result, folder: string, coloured: boolean): string {
  const { claim, verdict, parts, tables, pictures, notes, seeds, counts } = result;
  const paint = (verdict: Verdict) => coloured ? `\x1b[1;${COLOURS[verdict]}m${verdict}\x1b[0m` : verdict;
  const contents = [
    [files.result, "every number"],
    [files.report, "all of this, with the pictures"],
    ...pictures.map(({ name, caption }) => [`${name}.svg`, caption]),
  ];
  return [
    ...tables.map((table) => `${table.title}:\n${terminalTable(table, coloured)}`),
    ...notes.map((note) => wrapped(note)),
    `Everything is in ${folder}\n${columns(contents)}`,
    wrapped(claim),
    parts.map(({ claim, verdict, why }) => `  ${wrapped(`${claim}: ${paint(verdict)}; ${why}.`, 4)}`).join("\n"),
    `${paint(verdict)}. ${seedsText(seeds)}; ${countsText(counts)}.`,
  ].join("\n\n");
}
