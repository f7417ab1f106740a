/**
 * The data of tasks that have none built in.
 * @module
 */
import { downloadFolder } from "../data/folder_file.ts";
import { argument } from "../runtime/argument.ts";
import { UserError } from "../runtime/errors.ts";

/** The folder of a task without built-in data. @throws `UserError` where none is given. */
export function downloaded({ name, download }: { name: string; download: string }, folder?: string): string {
  if (folder !== undefined) return folder;
  const place = downloadFolder(download), given = argument("data", place);
  const remedy =
    `\`deno task data ${download}\` downloads them into ${place}, where they are looked for; or give ${given}`;
  throw new UserError({ argument: "task", value: name, problem: "has no built-in data", remedy });
}
