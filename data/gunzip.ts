/**
 * Unpacks gzip where there is any.
 * @module
 */
import { UserError } from "../runtime/errors.ts";

/** Whether `bytes` begin as a gzip file does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * The content of a gzip file; anything else is returned as it is.
 *
 * @param name what to call the file in an error
 * @throws `UserError` if the file is gzip but damaged or cut off
 */
export async function gunzip(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    return await new Response(stream).bytes();
  } catch {
    throw new UserError(`${name} is a damaged or cut-off gzip file: download it again`);
  }
}
