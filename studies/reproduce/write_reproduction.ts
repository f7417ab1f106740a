/**
 * The files of a finished reproduction.
 * @module
 */
import { join } from "node:path";
import { writeWhole } from "../../runtime/files/atomic.ts";
import type { Picture } from "./recipe.ts";
import { files, type Result } from "./result.ts";
import { section } from "./section.ts";

/** Writes result, report and pictures, each whole or not at all; the result last. */
export async function writeResult(folder: string, result: Result, pictures: readonly Picture[]): Promise<void> {
  for (const { name, svg } of pictures) await writeWhole(join(folder, `${name}.svg`), svg);
  await writeWhole(join(folder, files.report), section(result, ""));
  await writeWhole(join(folder, files.result), JSON.stringify(result, null, 2) + "\n");
}
