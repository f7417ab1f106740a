/**
 * A reproduction in Markdown: a section of a page.
 * @module
 */
import { described } from "../../runs/machine.ts";
import { codeBlock, literal } from "../markdown.ts";
import { markdownTable } from "../../display/text_tables.ts";
import type { Count, Counts } from "./laboratory.ts";
import type { Result } from "./result.ts";

/** `Seeds 0 to 2`. */
export function seedsText(seeds: readonly number[]): string {
  return `Seeds ${seeds[0]} to ${seeds.at(-1)}`;
}

/** `36 runs to tune and calibrate (2 failed), 9 for the verdict`. */
export function countsText({ trials, runs }: Counts): string {
  const text = ({ total, failed }: Count, what: string) => `${total} ${what}${failed > 0 ? ` (${failed} failed)` : ""}`;
  return `${text(trials, "runs to tune and calibrate")}, ${text(runs, "for the verdict")}`;
}

/** The section; `pictures` is what stands before the names of pictures in links from the page. */
export function section(result: Result, pictures: string): string {
  const { name, claim, verdict, parts, rule, paper, ours, size, source, seeds, counts, tables, notes } = result;
  const list = (lines: readonly string[]) => lines.map((line) => `- ${literal(line)}`).join("\n");
  const software = Object.entries(result.versions).map(([name, version]) => `${name} ${version}`).join(", ");
  return [
    `## ${name}: ${verdict}`,
    `**Claim.** ${literal(claim)}`,
    list(parts.map(({ claim, verdict, why }) => `${claim}: ${verdict}; ${why}.`)),
    `**Rule**, printed before the runs. ${literal(rule)}`,
    `**Of the paper.** ${literal(paper)} **Ours.** ${literal(ours)}`,
    ...tables.map((table) => {
      const rows = table.rows.map((row) => row.map((cell) => ({ ...cell, text: literal(cell.text) })));
      return `${literal(table.title)}:\n\n${markdownTable({ heads: table.heads.map(literal), rows })}`;
    }),
    ...result.pictures.map(({ name, caption }) => `![${literal(caption)}](${pictures}${name}.svg)`),
    ...notes.length > 0 ? [list(notes)] : [],
    literal(
      [
        `Size: ${size.name}, ${size.about}.`,
        ...source === null ? [] : [`Data: ${source}.`],
        `${seedsText(seeds)}; ${countsText(counts)}.`,
        `${described(result.machine)}; ${software}${result.backend === null ? "" : `; backend ${result.backend}`}.`,
        "Intervals are two standard errors over seeds.",
      ].join(" "),
    ),
    codeBlock(result.command),
  ].join("\n\n") + "\n";
}
