/**
 * Arrays of float32 as bfloat16 or float16, where that loses nothing.
 *
 * A bfloat16 is the upper half of a float32. A float16 has 5 bits of exponent and 10 of mantissa (IEEE 754-2008, binary16):
 * numbers up to 65,504 in steps of 2⁻²⁴ or coarser.
 *
 * @module
 */
import type { HostArray, HostArrays } from "../training/snapshot.ts";
import type { StoredArray } from "./stored_array.ts";

type Narrow = "BF16" | "F16";

const BIAS = 127 - 15; // what a float32 adds to its exponent, less what a float16 adds
const subnormal = new Float32Array(1), subnormalBits = new Uint32Array(subnormal.buffer);

/** The pattern of 16 bits of a float32, by its bits. It stands for another number where the format has not this one. */
function narrow(dtype: Narrow, bits: number): number {
  if (dtype === "BF16") return bits >>> 16;
  const sign = (bits >>> 16) & 0x8000, exponent = (bits >>> 23) & 0xff;
  if (exponent > BIAS + 30) return sign | 0x7c00 | ((bits >>> 13) & 0x3ff);
  if (exponent > BIAS) return sign | (((bits >>> 13) & 0x3ffff) - (BIAS << 10));
  return exponent > BIAS - 10 ? sign | (((bits & 0x7fffff) | 0x800000) >> (BIAS + 14 - exponent)) : sign;
}

/** The bits of the float32 that a pattern stands for. */
function widen(dtype: Narrow, pattern: number): number {
  if (dtype === "BF16") return (pattern << 16) >>> 0;
  const sign = (pattern & 0x8000) << 16, exponent = (pattern >>> 10) & 0x1f, mantissa = pattern & 0x3ff;
  if (exponent > 0) return (sign | ((exponent === 31 ? 0xff : exponent + BIAS) << 23) | (mantissa << 13)) >>> 0;
  subnormal[0] = mantissa * 2 ** -24;
  return (sign | subnormalBits[0]) >>> 0;
}

/**
 * Arrays of float32 in 16 bits where every value is one of bfloat16, to the bit, or else every value is one of float16. All
 * others are returned as they are, and so are arrays of one value: counters and rates, which save nothing.
 */
export function narrowed(arrays: HostArrays): Record<string, StoredArray> {
  return Object.fromEntries(Object.entries(arrays).map(([path, array]) => [path, narrowedArray(array)]));
}

function narrowedArray(array: HostArray): StoredArray {
  if (array.dtype !== "F32" || array.data.length < 2) return array;
  const { shape, data: { buffer, byteOffset, length } } = array, bits = new Uint32Array(buffer, byteOffset, length);
  for (const dtype of ["BF16", "F16"] as const) {
    const data = patterns(dtype, bits);
    if (data) return { dtype, shape, data };
  }
  return array;
}

/** None where the format lacks a value: one that does not come back the same. */
function patterns(dtype: Narrow, bits: Uint32Array): Uint16Array | undefined {
  const data = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    data[i] = narrow(dtype, bits[i]);
    if (widen(dtype, data[i]) !== bits[i]) return undefined;
  }
  return data;
}

/** What {@linkcode narrowed} was given, to the bit: arrays of 16 bits as float32, others as they are. */
export function widened(arrays: Readonly<Record<string, StoredArray>>): HostArrays {
  return Object.fromEntries(Object.entries(arrays).map(([path, array]) => [path, widenedArray(array)]));
}

function widenedArray(array: StoredArray): HostArray {
  if (array.dtype !== "BF16" && array.dtype !== "F16") return array as HostArray;
  const { dtype, shape, data } = array, bits = new Uint32Array(data.length);
  for (let i = 0; i < bits.length; i++) bits[i] = widen(dtype, data[i]);
  return { dtype: "F32", shape, data: new Float32Array(bits.buffer) };
}
