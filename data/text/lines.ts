/**
 * Lines of text files.
 * @module
 */
import { UserError } from "../../runtime/errors.ts";
import { gunzip } from "../gunzip.ts";

/**
 * The lines of a file of UTF-8, gzipped or not. They end with a line feed, and a carriage return before it is left out.
 *
 * @param name what to call the file in an error, such as its path
 * @throws `UserError` for damaged gzip, and naming the line for what is no UTF-8
 */
export async function textLines(bytes: Uint8Array, name: string): Promise<string[]> {
  const lines = utf8(await gunzip(bytes, name), name).split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop(); // what follows the last line feed
  return lines;
}

/** The text of these bytes. @throws `UserError` naming the line for what is no UTF-8. */
function utf8(bytes: Uint8Array, name: string): string {
  const text = decoded(bytes);
  if (text !== undefined) return text;
  let line = 1;
  for (let start = 0, end; (end = bytes.indexOf(LINE_FEED, start)) >= 0; start = end + 1, line++) {
    if (decoded(bytes.subarray(start, end)) === undefined) break;
  }
  throw new UserError(`${name} is no UTF-8 in line ${line}: save it as UTF-8`);
}

const LINE_FEED = 0x0a;

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
