/**
 * Files that are either whole or absent: a run killed in the middle of a checkpoint keeps the one before.
 * @module
 */
import { basename, dirname, join } from "node:path";

/** Writes all of `bytes`; one write call may take only a part. */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
}

/**
 * Writes `content` to `path` so that every reader, at any time, finds either the old file or the whole new one: writes
 * `.NAME.part` beside it, waits until the disk has it, renames it over `path`. The name is fixed, so what a killed process
 * left behind is overwritten by the next write rather than piling up; two processes must not write one path together.
 *
 * @throws whatever the file system says, with the old file still there and no part left behind
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const part = join(dirname(path), `.${basename(path)}.part`);
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  try {
    {
      using file = await Deno.open(part, { write: true, create: true, truncate: true });
      await writeAll(file, bytes);
      await file.sync(); // or a power cut after the rename leaves an empty file under the final name
    }
    await Deno.rename(part, path);
  } catch (error) {
    await Deno.remove(part).catch(() => {}); // there may be none; the first error is the one to tell
    throw error;
  }
}
