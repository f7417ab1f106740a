/**
 * The files that keep what was measured.
 * @module
 */
import { join } from "node:path";
import { UserError } from "../runtime/errors.ts";
import { writeWhole } from "../runtime/files/atomic.ts";
import type { Row } from "./figure.ts";
import type { Machine } from "./machine.ts";
import { costPicture } from "./picture.ts";

/** All that was measured by one command. */
export interface Results {
  /** When it was done: ISO 8601, UTC. */
  readonly measured: string;
  /** The command line. */
  readonly command: string;
  /** Rough figures. */
  readonly quick: boolean;
  readonly machine: Machine;
  readonly figures: Readonly<Record<string, FigureResults>>;
}

/** What was measured of a figure. */
export interface FigureResults {
  readonly description: string;
  /** It took. */
  readonly seconds: number;
  readonly rows: readonly Row[];
}

/** The name of files: machine, backend, time, so that those of several machines can lie side by side. */
export function nameOf({ machine: { cpu, cores, backend }, measured, quick }: Results): string {
  const model = cpu.replace(/\((r|tm)\)|\bcpu\b|@.*$/gi, " ");
  const words = [model, `${cores} cores`, backend.split(/\W/, 1)[0], measured.slice(0, 19), quick ? "quick" : ""];
  return words.join(" ").toLowerCase().match(/[a-z0-9]+/g)!.join("-");
}

/** Makes the folder and tries to write there, before minutes of measuring. @throws `UserError` where that cannot be. */
export async function makeFolder(out: string): Promise<void> {
  try {
    await Deno.mkdir(out, { recursive: true });
    await Deno.remove(await Deno.makeTempFile({ dir: out }));
  } catch (error) {
    throw new UserError(`--out=${out} cannot be written to (${(error as Error).message}); give another folder`);
  }
}

/** Writes figures, and a picture where there is something to draw. Returns the paths. */
export async function writeResults(out: string, results: Results): Promise<string[]> {
  const path = join(out, nameOf(results));
  await writeWhole(`${path}.json`, JSON.stringify(results, null, 2) + "\n");
  const svg = await costPicture(Object.values(results.figures).flatMap(({ rows }) => rows));
  if (svg === undefined) return [`${path}.json`];
  await writeWhole(`${path}.svg`, svg);
  return [`${path}.json`, `${path}.svg`];
}
