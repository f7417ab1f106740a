/**
 * Files of published data sets: how they are sent, checked, found and saved.
 * @module
 */
import { join } from "node:path";
import { UserError } from "../runtime/errors.ts";
import { writeWhole } from "../runtime/files/atomic.ts";
import { moveAside } from "../runtime/files/damaged.ts";
import { sha256Hex } from "../runtime/files/sha256.ts";
import type { HeldFile, PublishedFile } from "./file_kinds.ts";
import { gunzip, isGzip } from "./gunzip.ts";
import { untar } from "./tar.ts";
import { iwslt14Pairs, type PairCounts } from "./text/iwslt14.ts";
import { uciTable } from "./uci_table.ts";

/** What a folder has of a file: whether all of it is there with the right content, and the names of what has other content. */
export interface Found {
  readonly present: boolean;
  readonly others: readonly string[];
}

/** The name under which hosts send a file. */
export const sentName = (file: PublishedFile): string => isGzipFile(file) ? `${file.name}.gz` : file.name;

const isGzipFile = (file: PublishedFile): boolean => !("table" in file || "holds" in file || "pairs" in file);

/** @throws `UserError` unless these bytes, packed or not, are the file's. */
export async function checkContent(bytes: Uint8Array, file: PublishedFile): Promise<void> {
  if ("table" in file) {
    const { rows } = await uciTable(file.table, bytes, file.name);
    if (rows !== file.table.rows) throw new UserError(`the table has ${rows} rows, expected ${file.table.rows}`);
    return;
  }
  if ("pairs" in file) {
    const corpus = await iwslt14Pairs(bytes, file.name);
    for (const [part, [least, most]] of Object.entries(file.pairs)) {
      const { length } = corpus[part as keyof PairCounts].source;
      if (length < least || length > most) {
        throw new UserError(`the archive has ${length} pairs for ${part}, expected ${least} to ${most}`);
      }
    }
    return;
  }
  const content = isGzipFile(file) ? await gunzip(bytes, file.name) : bytes;
  if (await sha256Hex(content) !== file.sha256) throw new UserError("the file has another checksum");
}

/** What the folder has under the names of a file, packed or not. */
export async function lookedAt(folder: string, file: PublishedFile): Promise<Found> {
  const found = await lookedFor(folder, new Set([sentName(file), file.name]), (bytes) => checkContent(bytes, file));
  if (!("holds" in file)) return found;
  const held = await Promise.all(file.holds.map((one) => lookedAtHeld(folder, one)));
  const wrong = held.flatMap(({ others }) => others); // they would be read, and not those in the archive
  const present = held.every(({ present }) => present) || found.present && wrong.length === 0;
  return { present, others: [...found.others, ...wrong] };
}

/** What the folder has of a file that comes in an archive. */
export function lookedAtHeld(folder: string, file: HeldFile): Promise<Found> {
  return lookedFor(folder, [file.name], (bytes) => checkHeld(bytes, file));
}

/** @throws `UserError` unless these bytes are the file's, as far as is known. */
export async function checkHeld(bytes: Uint8Array, { bytes: size, sha256 }: HeldFile): Promise<void> {
  if (bytes.length !== size) throw new UserError(`the file has ${bytes.length} bytes, expected ${size}`);
  if (sha256 && await sha256Hex(bytes) !== sha256) throw new UserError("the file has another checksum");
}

/** Whether one of the names has the right content, and those before it that have not. */
async function lookedFor(
  folder: string,
  names: Iterable<string>,
  check: (bytes: Uint8Array) => Promise<void>,
): Promise<Found> {
  const others: string[] = [];
  for (const name of names) {
    try {
      await check(await Deno.readFile(join(folder, name)));
      return { present: true, others };
    } catch (error) {
      if (error instanceof UserError) others.push(name);
      else if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return { present: false, others };
}

/** Saves what a host has sent: as it came, and an archive's files one by one. What was in the way is kept under another name. */
export async function saveContent(
  folder: string,
  file: PublishedFile,
  bytes: Uint8Array<ArrayBuffer>,
  others: readonly string[],
): Promise<void> {
  const unpacked = "holds" in file && await untar(new Blob([bytes]).stream(), bytes.length, file.name);
  for (const name of others) await moveAside(join(folder, name), "damaged"); // or it would be read instead
  // a host that labels the packing as a transfer encoding has it undone on the way
  if (!unpacked) {
    return await writeWhole(join(folder, isGzipFile(file) && isGzip(bytes) ? `${file.name}.gz` : file.name), bytes);
  }
  for (const { name } of file.holds) {
    const held = unpacked.get(name);
    if (held === undefined) throw new UserError(`${file.name} holds no ${name}: download it again`);
    await writeWhole(join(folder, name), held);
  }
}
