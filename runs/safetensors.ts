/**
 * The safetensors file format, pure: bytes in, bytes out. Eight bytes with the length of the header (little endian), the
 * header in JSON, then the arrays' raw bytes without gaps:
 *
 *     {"__metadata__": {"step": "100"}, "dense1/kernel": {"dtype": "F32", "shape": [784, 10], "data_offsets": [0, 31360]}}
 *
 * The files are what Python's `safetensors` writes and reads. Numbers are little endian there and in every machine that
 * Deno runs on.
 *
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import { CONSTRUCTORS, type Dtype, type StoredArray } from "./stored_array.ts";

const MAX_HEADER_BYTES = 100_000_000; // the limit of the format's own library

/** What a safetensors file holds: named arrays and a few strings. */
export interface Stored {
  /** By name. */
  readonly arrays: Readonly<Record<string, StoredArray>>;
  /** The header's `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
}

interface Entry {
  name: string;
  dtype: Dtype;
  shape: number[];
  begin: number;
  end: number;
}

const rank = (dtype: Dtype): number => Object.keys(CONSTRUCTORS).indexOf(dtype);
const itemBytes = (dtype: Dtype): number => CONSTRUCTORS[dtype].BYTES_PER_ELEMENT;
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);
const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => a < b ? -1 : a > b ? 1 : 0;

/**
 * The bytes of a safetensors file: those that Python's `safetensors` 0.8 writes. The same content gives the same bytes,
 * whatever order the names came in: sorted by element type, then by name.
 *
 * @throws `UserError` if an array is called `__metadata__` or its number of values is not that of its shape
 */
export function encode(
  arrays: Readonly<Record<string, StoredArray>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const sorted = Object.entries(arrays).sort((a, b) => rank(a[1].dtype) - rank(b[1].dtype) || byName(a, b));
  const strings = Object.entries(metadata).sort(byName);
  const header: [string, unknown][] = strings.length > 0 ? [["__metadata__", Object.fromEntries(strings)]] : [];
  let end = 0;
  for (const [name, { dtype, shape, data }] of sorted) {
    if (name === "__metadata__") throw new UserError("An array cannot be called __metadata__: the format reserves it");
    if (data.length !== sizeOf(shape)) {
      throw new UserError(`Array ${name} has ${data.length} values, its shape [${shape}] needs ${sizeOf(shape)}`);
    }
    header.push([name, { dtype, shape, data_offsets: [end, end += data.byteLength] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const start = 8 + Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(start + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.fill(0x20, 8, start); // the header is padded with spaces, so that the data starts at a multiple of 8
  bytes.set(json, 8);
  let at = start;
  for (const [, { data }] of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * The content of a safetensors file, copied out of `bytes`.
 *
 * @param name what to call the file in an error, such as its path
 * @throws `UserError` `NAME is truncated: …` or `NAME is not a safetensors file: …` for anything but a valid file
 */
export function decode(bytes: Uint8Array, name = "The data"): Stored {
  const wrong = (why: string): never => {
    throw new UserError(`${name} is not a safetensors file: ${why}`);
  };
  const { json, start } = readHeader(bytes, name, wrong);
  const { __metadata__: metadata = {}, ...listed } = json;
  if (!isObject(metadata) || Object.values(metadata).some((value) => typeof value !== "string")) {
    wrong("__metadata__ is not an object of strings");
  }
  const entries = Object.entries(listed).map(([key, value]) => readEntry(key, value, wrong));
  const end = endOfData(entries, wrong);
  const length = bytes.length - start;
  if (end > length) throw new UserError(`${name} is truncated: its arrays need ${end} bytes, ${length} are there`);
  if (end < length) wrong(`${length - end} bytes follow the last array`);
  return {
    arrays: Object.fromEntries(entries.map((entry) => [entry.name, readArray(entry, bytes, start)])),
    metadata: metadata as Record<string, string>,
  };
}

type Wrong = (why: string) => never;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The header, and where the data starts. */
function readHeader(
  bytes: Uint8Array,
  name: string,
  wrong: Wrong,
): { json: Record<string, unknown>; start: number } {
  if (bytes.length < 8) throw new UserError(`${name} is truncated: ${bytes.length} bytes, the header's length takes 8`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES) return wrong(`its header would have ${length} bytes`);
  const start = 8 + length;
  if (start > bytes.length) {
    throw new UserError(`${name} is truncated: its header has ${length} bytes, ${bytes.length - 8} are there`);
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, start));
    const json: unknown = JSON.parse(text);
    const twice = repeatedKey(text);
    if (twice !== undefined) return wrong(`${twice} is in its header twice`);
    return isObject(json) ? { json, start } : wrong("its header is not a JSON object");
  } catch (error) {
    if (error instanceof UserError) throw error;
    return wrong("its header is not JSON");
  }
}

/** A key that stands twice in one object of valid JSON, where `JSON.parse` would silently keep the last. */
function repeatedKey(json: string): string | undefined {
  const seen: Set<string>[] = [];
  for (const [token, key] of json.matchAll(/("[^"\\]*(?:\\.[^"\\]*)*")\s*:|"[^"\\]*(?:\\.[^"\\]*)*"|[{}]/g)) {
    if (token === "{") seen.push(new Set());
    else if (token === "}") seen.pop();
    else if (key !== undefined) {
      const name = JSON.parse(key);
      if (seen.at(-1)!.has(name)) return name;
      seen.at(-1)!.add(name);
    }
  }
}

function readEntry(name: string, value: unknown, wrong: Wrong): Entry {
  if (!isObject(value)) return wrong(`the entry of ${name} is not an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(CONSTRUCTORS, dtype)) {
    return wrong(`${name} has the dtype ${JSON.stringify(dtype)}, known are ${Object.keys(CONSTRUCTORS).join(", ")}`);
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    return wrong(`${name} has the shape ${JSON.stringify(shape)}`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    return wrong(`${name} has the data_offsets ${JSON.stringify(offsets)}`);
  }
  const entry = { name, dtype: dtype as Dtype, shape, begin: offsets[0], end: offsets[1] };
  if (entry.end - entry.begin !== sizeOf(shape) * itemBytes(entry.dtype)) {
    return wrong(
      `${name} has ${entry.end - entry.begin} bytes, ${dtype} [${shape}] needs ${
        sizeOf(shape) * itemBytes(entry.dtype)
      }`,
    );
  }
  return entry;
}

/** Where the last array ends, once it is sure that they lie one behind the other without gap or overlap. */
function endOfData(entries: readonly Entry[], wrong: Wrong): number {
  let end = 0;
  for (const entry of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin !== end) wrong(`${entry.name} starts at byte ${entry.begin} of the data, expected ${end}`);
    end = entry.end;
  }
  return end;
}

/** Copies: the bytes of another program's file need not be aligned, and a view would keep the whole file in memory. */
function readArray({ dtype, shape, begin, end }: Entry, bytes: Uint8Array, start: number): StoredArray {
  const { buffer } = bytes.slice(start + begin, start + end);
  return { dtype, shape, data: new CONSTRUCTORS[dtype](buffer) } as StoredArray;
}
