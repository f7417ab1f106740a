/**
 * Zip archives.
 * @module
 */
import { unzipSync } from "fflate";
import { basename } from "node:path";
import { UserError } from "../runtime/errors.ts";

/**
 * A file of a zip archive, in whichever folder of it the file lies.
 *
 * @param archive what to call the archive in an error, such as its path
 * @throws `UserError` if the archive is damaged or holds no such file
 */
export function unzip(bytes: Uint8Array, file: string, archive: string): Uint8Array {
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes, { filter: ({ name }) => basename(name) === file });
  } catch {
    throw new UserError(`${archive} is a damaged or cut-off zip archive: download it again`);
  }
  const [found] = Object.values(files);
  if (found === undefined) throw new UserError(`${archive} holds no ${file}: download it again`);
  return found;
}
