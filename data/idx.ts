/**
 * The IDX format of MNIST and its relatives: two zero bytes, the element type, the number of dimensions, each dimension as
 * a big-endian 32-bit integer, then the values in row-major order.
 * @module
 */
import { UserError } from "../runtime/errors.ts";

const UINT8 = 0x08;

/** An IDX file's content: its dimensions, and its values as a view of the file's bytes. */
export interface Idx {
  /** Such as `[60000, 28, 28]`. */
  readonly shape: number[];
  /** Row-major. */
  readonly data: Uint8Array;
}

/**
 * Reads an (unpacked) IDX file of unsigned bytes.
 *
 * @param name what to call the file in an error, such as its path
 * @throws `UserError` naming the file and what is wrong: another format or element type, missing or additional bytes
 */
export function parseIdx(bytes: Uint8Array, name: string): Idx {
  const wrong = (why: string) => new UserError(`${name} is not an IDX file of bytes: ${why}; download it again`);
  if (bytes.length < 4) throw wrong(`it has ${bytes.length} bytes`);
  const magic = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const [zero, alsoZero, type, rank] = bytes;
  if (zero !== 0 || alsoZero !== 0) throw wrong(`it begins with ${magic}, expected 00 00`);
  if (type !== UINT8) throw wrong(`it begins with ${magic}, whose third byte tells another element type than 08`);
  if (rank === 0) throw wrong("it has no dimensions");
  const start = 4 + 4 * rank;
  if (bytes.length < start) throw wrong(`its ${rank} dimensions need ${start} bytes, ${bytes.length} are there`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const expected = shape.reduce((product, n) => product * n, 1);
  const found = bytes.length - start;
  if (found < expected) throw wrong(`it is truncated, ${shape.join(" × ")} values announced, ${found} found`);
  if (found > expected) throw wrong(`${found - expected} bytes follow the ${shape.join(" × ")} values`);
  return { shape, data: bytes.subarray(start) };
}
