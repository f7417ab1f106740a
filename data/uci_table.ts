/**
 * Finds and reads a published table.
 * @module
 */
import { join } from "node:path";
import { UserError } from "../runtime/errors.ts";
import { downloadFolder, readIfThere } from "./folder_file.ts";
import { gunzip } from "./gunzip.ts";
import { parseTable, type Table } from "./table.ts";
import type { UciSource } from "./uci_sources.ts";
import { unzip } from "./zip.ts";

/**
 * The table of a folder such as `datasets/protein`: out of the publisher's archive, or from its file, gzipped or not.
 *
 * @throws `UserError` naming the folder or the file and the remedy: a missing or damaged file, another table
 */
export async function readUciTable(source: UciSource, folder: string): Promise<Table> {
  for (const name of namesOf(source)) {
    const bytes = await readIfThere(folder, name);
    if (bytes) return await uciTable(source, bytes, join(folder, name));
  }
  const problem = `has neither ${source.archive} nor ${source.files[0]}`;
  const remedy = `\`deno task data ${source.name}\` downloads it into ${downloadFolder(source.name)}`;
  throw new UserError({ argument: "data", value: folder, problem, remedy });
}

/** Whether the table lies in a folder, whole or not. @throws `UserError` for a folder that is a file, or cannot be read. */
export async function hasUciTable(source: UciSource, folder: string): Promise<boolean> {
  for (const name of namesOf(source)) if (await readIfThere(folder, name)) return true;
  return false;
}

/** The files that may hold it, in the order in which they are looked for. */
const namesOf = ({ archive, files }: UciSource) => [archive, ...files.flatMap((file) => [`${file}.gz`, file])];

/**
 * The table in a file's bytes: an archive's, if that is what the name says.
 *
 * @throws `UserError` for a damaged file, or another table
 */
export async function uciTable(source: UciSource, bytes: Uint8Array, name: string): Promise<Table> {
  const [file] = source.files, archived = name.endsWith(".zip");
  const content = archived ? unzip(bytes, file, name) : await gunzip(bytes, name);
  const path = archived ? join(name, file) : name;
  const table = parseTable(new TextDecoder().decode(content), path), { columns } = table;
  const wrong = (why: string) =>
    new UserError(`${path} ${why}; \`deno task data ${source.name}\` downloads the right table`);
  if (columns.length !== source.columns) throw wrong(`has ${columns.length} columns, expected ${source.columns}`);
  for (const names of [source.target, ...source.leftOut.map((name) => [name])]) {
    if (!names.some((name) => columns.includes(name))) throw wrong(`has no column ${names.join(" or ")}`);
  }
  return table;
}
