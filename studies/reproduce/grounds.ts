/**
 * What a recipe trains on: its tasks, or of several tables those that are there.
 * @module
 */
import { join } from "node:path";
import { UserError } from "../../runtime/errors.ts";
import { unlessMissing } from "../../runtime/files/damaged.ts";
import { taskNamed } from "../../runs/assemble.ts";
import { commonGround, type Ground } from "../../runs/prepared.ts";
import type { Choices } from "../../runs/options.ts";
import type { UciSource } from "../../data/uci_sources.ts";
import { downloadFolder, DOWNLOADS } from "../../data/folder_file.ts";
import { hasUciTable } from "../../data/uci_table.ts";
import type { LeftOut } from "./laboratory.ts";
import type { Recipe } from "./recipe.ts";

/** What there is. */
export interface Grounds {
  /** A task each, all on the same backend; none where nothing is trained. */
  readonly grounds: readonly Ground[];
  /** Of tables. */
  readonly leftOut: readonly LeftOut[];
}

/**
 * Loads the data and starts the backend, where the recipe trains.
 *
 * @throws `UserError` for data that are damaged or, of tasks, missing; of tables alone, where none is there.
 */
export async function groundsOf(
  { tasks = [], tables = [] }: Pick<Recipe, "tasks" | "tables">,
  given: Pick<Choices, "data" | "backend">,
): Promise<Grounds> {
  const grounds: Ground[] = [], reads = (task: string) => taskNamed(task).readsFolder;
  const anyReads = tables.length > 0 || tasks.some(reads);
  for (const task of tasks) {
    const folder = reads(task) || !anyReads ? given.data : undefined; // for none it is an error
    const data = folder && await ownFolder(folder, task);
    grounds.push(await commonGround({ ...given, ...chosen(grounds), task, data, threads: 1 })); // runs have processes of their own
  }
  const leftOut = await addTables(grounds, tables, given);
  if (grounds.length === 0 && tables.length > 0) throw noTable(tables, leftOut, given);
  return { grounds, leftOut };
}

/** The folder of the task's name in there, if there is one, else the folder. */
async function ownFolder(folder: string, task: string): Promise<string> {
  const own = join(folder, task), isThere = await Deno.stat(own).catch(unlessMissing(undefined));
  return isThere?.isDirectory ? own : folder;
}

/** The flags of `train` that all runs of a task have: what ran, not what was asked for. */
export function sharedChoices({ task, folder, backend, blas }: Ground): Choices {
  return {
    task: task.name,
    backend,
    ...backend === "wasm" && { blas: blas?.path ?? "off" },
    ...folder !== undefined && { data: folder },
  };
}

/** What the first ground chose once and for all: whether BLAS is faster is measured. */
function chosen([first]: readonly Ground[]): Pick<Choices, "backend" | "blas"> {
  if (!first) return {};
  const { backend, blas } = sharedChoices(first);
  return { backend, ...blas !== undefined && { blas } };
}

/** Adds the tables that are there, and says which are not. Each lies in the folder, or in a folder of its name in there. */
async function addTables(
  grounds: Ground[],
  tables: readonly UciSource[],
  { data, backend }: Pick<Choices, "data" | "backend">,
): Promise<LeftOut[]> {
  const leftOut: LeftOut[] = [];
  for (const source of tables) {
    const task = `uci-${source.name}`, place = await placeOf(source, tableFolder(data));
    if (place === undefined) {
      leftOut.push({ task, why: "not there" });
      continue;
    }
    const ground = await commonGround({ backend, ...chosen(grounds), task, data: place, threads: 1 });
    const { train, test } = ground.data, rows = train.size + (test?.size ?? 0);
    if (rows === source.rows) grounds.push(ground);
    else leftOut.push({ task, why: `${count(rows)} rows of ${count(source.rows)} are there` });
  }
  return leftOut;
}

const tableFolder = (data?: string | null): string => data ?? (Deno.env.get("APO_DATA") || DOWNLOADS);

function noTable(
  [{ name }]: readonly UciSource[],
  leftOut: readonly LeftOut[],
  { data }: Pick<Choices, "data">,
): UserError {
  const folder = tableFolder(data);
  const argument = data !== undefined ? "data" : folder === DOWNLOADS ? "folder" : "APO_DATA";
  const found = leftOut.map(({ task, why }) => `${task}: ${why}`).join(", ");
  const remedy = `\`deno task data ${name}\` downloads one into ${
    downloadFolder(name)
  }, where it is looked for by default`;
  return new UserError({ argument, value: folder, problem: `holds no whole table (${found})`, remedy });
}

async function placeOf(source: UciSource, folder: string): Promise<string | undefined> {
  for (const place of [folder, join(folder, source.name)]) if (await hasUciTable(source, place)) return place;
  return undefined;
}

const count = (rows: number): string => rows.toLocaleString("en");
