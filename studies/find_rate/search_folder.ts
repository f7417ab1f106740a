/**
 * The folder of a finished search.
 * @module
 */
import { dirname, join, resolve } from "node:path";
import { writeWhole } from "../../runtime/files/atomic.ts";
import { badFolder, folderError } from "../../runs/new_folder.ts";

/**
 * Looks before work is spent; leaves nothing.
 *
 * @throws `UserError` where there is a file, a folder that is not empty, a path that can be none, or nothing may be written.
 */
export async function expectFree(folder: string): Promise<void> {
  await expectEmpty(folder);
  let existing = dirname(await placeOf(folder));
  while (!await Deno.stat(existing).then(() => true, () => false)) existing = dirname(existing);
  const part = partIn(existing);
  await Deno.mkdir(part).catch((error) => {
    throw folderError(folder, error);
  });
  await Deno.remove(part);
}

async function expectEmpty(folder: string): Promise<void> {
  try {
    for await (const _ of Deno.readDir(folder)) throw taken(folder);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw folderError(folder, error);
  }
}

/**
 * Makes the folder with these files, by name: whole or not at all, as it gets its name when they are all there.
 *
 * @throws `UserError` where there is something by now, or the folder cannot be made.
 */
export async function writeFolder(folder: string, contents: Readonly<Record<string, string>>): Promise<void> {
  const path = await placeOf(folder), part = partIn(dirname(path));
  await Deno.mkdir(part, { recursive: true }).catch((error) => {
    throw folderError(folder, error);
  });
  try {
    for (const [name, content] of Object.entries(contents)) await writeWhole(join(part, name), content);
    await expectEmpty(folder);
    await Deno.rename(part, path); // the file system refuses where files came in between
  } catch (error) {
    await Deno.remove(part, { recursive: true }).catch(() => {}); // the first error is the one to tell
    throw error;
  }
}

const partIn = (folder: string) => join(folder, `.find-rate.${Deno.pid}.part`);

/** Where the folder is, also behind a link. */
const placeOf = async (folder: string): Promise<string> => await Deno.realPath(folder).catch(() => resolve(folder));

const taken = (folder: string) => badFolder(folder, "exists and is not empty");
