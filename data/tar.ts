/**
 * Gzipped tar archives.
 * @module
 */
import { basename } from "node:path";
import { UserError } from "../runtime/errors.ts";

/**
 * The files of a gzipped tar archive by their names, in whichever folder of it they lie, as views of one piece of memory.
 *
 * @param packedBytes how long the archive is
 * @param archive what to call the archive in an error, such as its path
 * @throws `UserError` if the archive is damaged or cut off
 */
export async function untar(
  packed: ReadableStream<Uint8Array<ArrayBuffer>>,
  packedBytes: number,
  archive: string,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { parseTar } = await import("nanotar"); // not before somebody has an archive: importing a task loads little
  try {
    return new Map(
      parseTar(await unpacked(packed, packedBytes)).flatMap(({ name, data }) => data ? [[basename(name), data]] : []),
    );
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error; // of the file system
    throw new UserError(`${archive} is a damaged or cut-off archive: download it again`);
  }
}

const MARGIN = 9 / 8; // images hardly shrink: mostly there is room for all from the beginning

/** What is in a gzip file, and then zeros, with which tar archives end anyway: to collect the pieces takes twice the memory. */
async function unpacked(packed: ReadableStream<Uint8Array<ArrayBuffer>>, packedBytes: number): Promise<Uint8Array> {
  let bytes = new Uint8Array(Math.ceil(MARGIN * packedBytes)), length = 0;
  for await (const piece of packed.pipeThrough(new DecompressionStream("gzip"))) {
    const needed = length + piece.length;
    if (needed > bytes.length) bytes = new Uint8Array(bytes.buffer.transfer(Math.max(needed, 2 * bytes.length)));
    bytes.set(piece, length);
    length = needed;
  }
  return bytes;
}
