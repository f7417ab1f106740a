import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../runtime/errors.ts";
import { decode, encode } from "../../runs/safetensors.ts";
import { CONSTRUCTORS, type StoredArray } from "../../runs/stored_array.ts";

/** Written by Python's safetensors 0.8.0 (`safetensors.numpy.save`, with ml_dtypes 0.6.0 for bfloat16) from the arrays below. */
const FROM_PYTHON = Uint8Array.fromBase64(
  "4AEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJjb25maWciOiJ7XCJ0YXNrXCI6XCJtbmlzdFwifSJ9LCJkZW5zZTEva2VybmVsIjp7ImR0eXBlIjoiRj" +
    "MyIiwic2hhcGUiOlsyLDNdLCJkYXRhX29mZnNldHMiOlswLDI0XX0sIs67Ijp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOltdLCJkYXRhX29mZnNldHMi" +
    "OlsyNCwyOF19LCJzdGVwcyI6eyJkdHlwZSI6IkkzMiIsInNoYXBlIjpbMl0sImRhdGFfb2Zmc2V0cyI6WzI4LDM2XX0sIndlaWdodHMiOnsiZHR5cG" +
    "UiOiJCRjE2Iiwic2hhcGUiOlsyLDJdLCJkYXRhX29mZnNldHMiOlszNiw0NF19LCJoYWxmIjp7ImR0eXBlIjoiRjE2Iiwic2hhcGUiOlszXSwiZGF0" +
    "YV9vZmZzZXRzIjpbNDQsNTBdfSwiYnl0ZXMiOnsiZHR5cGUiOiJVOCIsInNoYXBlIjpbMSwyXSwiZGF0YV9vZmZzZXRzIjpbNTAsNTJdfSwiYWxpdm" +
    "UiOnsiZHR5cGUiOiJCT09MIiwic2hhcGUiOlszXSwiZGF0YV9vZmZzZXRzIjpbNTIsNTVdfX0gICAgICAAAAAAAADAPwAAAMAAAFBAYEKiDQAAgH8A" +
    "AAA//////////3/NPQCAf3+A/2YuAID/ewf/AQAB",
);
const ARRAYS: Record<string, StoredArray> = {
  alive: { dtype: "BOOL", shape: [3], data: new Uint8Array([1, 0, 1]) },
  "λ": { dtype: "F32", shape: [], data: new Float32Array([0.5]) },
  weights: { dtype: "BF16", shape: [2, 2], data: new Uint16Array([0x3dcd, 0x8000, 0x7f7f, 0xff80]) }, // 0.1, -0, 3.39e38, -∞
  half: { dtype: "F16", shape: [3], data: new Uint16Array([0x2e66, 0x8000, 0x7bff]) }, // 0.1, -0, 65504
  steps: { dtype: "I32", shape: [2], data: new Int32Array([-1, 2 ** 31 - 1]) },
  bytes: { dtype: "U8", shape: [1, 2], data: new Uint8Array([7, 255]) },
  "dense1/kernel": { dtype: "F32", shape: [2, 3], data: new Float32Array([0, 1.5, -2, 3.25, 1e-30, Infinity]) },
};
const METADATA = { config: '{"task":"mnist"}' };

/** A file with this header, not padded, and so many bytes of data. */
function file(header: string | Uint8Array, dataBytes = 0, length?: bigint): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

Deno.test("safetensors: byte for byte what Python writes, in any order of names", () => {
  assertEquals(encode(ARRAYS, METADATA), FROM_PYTHON);
  assertEquals(encode(Object.fromEntries(Object.entries(ARRAYS).reverse()), METADATA), FROM_PYTHON);
  assertEquals(encode({ ...ARRAYS }, { ...METADATA }), FROM_PYTHON);
});

Deno.test("safetensors: reads what Python writes, from any place in memory", () => {
  assertEquals(decode(FROM_PYTHON), { arrays: ARRAYS, metadata: METADATA });
  const shifted = new Uint8Array(FROM_PYTHON.length + 3);
  shifted.set(FROM_PYTHON, 3); // unaligned: a view on it would throw
  assertEquals(decode(shifted.subarray(3)), { arrays: ARRAYS, metadata: METADATA });
});

Deno.test("safetensors: the data starts at a multiple of 8 and metadata is sorted", () => {
  for (let length = 0; length < 9; length++) {
    const bytes = encode({ ["x".repeat(length)]: { dtype: "U8", shape: [1], data: new Uint8Array([9]) } });
    assertEquals((bytes.length - 1) % 8, 0);
    assertEquals(bytes.at(-1), 9);
  }
  assertEquals(encode({}, { b: "2", a: "1" }), encode({}, { a: "1", b: "2" }));
});

Deno.test("safetensors: what is copied out does not change with the file's bytes", () => {
  const bytes = FROM_PYTHON.slice();
  const { arrays } = decode(bytes);
  bytes.fill(0);
  assertEquals(arrays, ARRAYS);
});

Deno.test("safetensors: encode refuses what it could not read back", () => {
  const data = new Float32Array(3);
  assertThrows(() => encode({ w: { dtype: "F32", shape: [2, 2], data } }), UserError, "Array w has 3 values");
  assertThrows(() => encode({ __metadata__: { dtype: "F32", shape: [3], data } }), UserError, "__metadata__");
});

const entry = (shape: string, offsets: string, dtype = "F32") =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;
const INVALID: [string, Uint8Array, string][] = [
  ["nothing", new Uint8Array(0), "m.st is truncated: 0 bytes"],
  ["seven bytes", new Uint8Array(7), "m.st is truncated: 7 bytes"],
  ["a header beyond the end", file("{}", 0, 3n), "m.st is truncated: its header has 3 bytes, 2 are there"],
  ["a header over 100 MB", file("{}", 0, 100_000_001n), "is not a safetensors file: its header would have 100000001"],
  ["another format", new TextEncoder().encode("\x89PNG\r\n\x1a\n and more"), "m.st is not a safetensors file"],
  ["no JSON", file("{'a': 1}"), "its header is not JSON"],
  ["bad UTF-8", file(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), "its header is not JSON"],
  ["a list", file("[]"), "its header is not a JSON object"],
  ["null", file("null"), "its header is not a JSON object"],
  ["an entry that is no object", file('{"w":7}'), "the entry of w is not an object"],
  ["an unknown dtype", file(`{"w":${entry("[1]", "[0,8]", "F64")}}`, 8), 'w has the dtype "F64", known are F32'],
  ["an inherited dtype", file(`{"w":${entry("[1]", "[0,8]", "toString")}}`, 8), "w has the dtype"],
  ["no dtype", file('{"w":{"shape":[],"data_offsets":[0,4]}}', 4), "w has the dtype"],
  ["a negative size", file(`{"w":${entry("[-1]", "[0,4]")}}`, 4), "w has the shape [-1]"],
  ["a fractional size", file(`{"w":${entry("[0.5]", "[0,2]")}}`, 2), "w has the shape [0.5]"],
  ["a shape too large", file(`{"w":${entry("[9e15,9e15]", "[0,4]")}}`, 4), "w has 4 bytes"],
  ["one offset", file(`{"w":${entry("[1]", "[4]")}}`, 4), "w has the data_offsets [4]"],
  ["offsets in words", file(`{"w":${entry("[1]", '["0","4"]')}}`, 4), "w has the data_offsets"],
  ["offsets backwards", file(`{"w":${entry("[1]", "[4,0]")}}`, 4), "w has -4 bytes"],
  ["a wrong size", file(`{"w":${entry("[2]", "[0,4]")}}`, 4), "w has 4 bytes, F32 [2] needs 8"],
  ["a wrong size of 16 bits", file(`{"w":${entry("[1]", "[0,4]", "BF16")}}`, 4), "w has 4 bytes, BF16 [1] needs 2"],
  ["missing data of 16 bits", file(`{"w":${entry("[2]", "[0,4]", "F16")}}`, 3), "its arrays need 4 bytes, 3 are there"],
  ["a hole at the start", file(`{"w":${entry("[1]", "[4,8]")}}`, 8), "w starts at byte 4 of the data, expected 0"],
  [
    "a hole between",
    file(`{"a":${entry("[1]", "[0,4]")},"b":${entry("[1]", "[8,12]")}}`, 12),
    "b starts at byte 8 of the data, expected 4",
  ],
  [
    "an overlap",
    file(`{"a":${entry("[2]", "[0,8]")},"b":${entry("[1]", "[4,8]")}}`, 8),
    "b starts at byte 4 of the data, expected 8",
  ],
  [
    "missing data",
    file(`{"w":${entry("[2]", "[0,8]")}}`, 7),
    "m.st is truncated: its arrays need 8 bytes, 7 are there",
  ],
  ["more data", file(`{"w":${entry("[2]", "[0,8]")}}`, 10), "2 bytes follow the last array"],
  ["metadata that is no object", file('{"__metadata__":["a"]}'), "__metadata__ is not an object of strings"],
  ["metadata with a number", file('{"__metadata__":{"a":1}}'), "__metadata__ is not an object of strings"],
  [
    "a name twice",
    file(`{"w":${entry("[1]", "[0,4]")}, "w" :${entry("[1]", "[0,4]")}}`, 4),
    "w is in its header twice",
  ],
  ["a name twice, once escaped", file(`{"w":${entry("[0]", "[0,0]")},"\\u0077":${entry("[0]", "[0,0]")}}`), "twice"],
  ["metadata twice", file('{"__metadata__":{"a\\"b":"1","a\\"b":"2"}}'), 'a"b is in its header twice'],
];
for (const [what, bytes, message] of INVALID) {
  Deno.test(`safetensors: decode refuses ${what}`, () => {
    assertThrows(() => decode(bytes, "m.st"), UserError, message);
  });
}

Deno.test("safetensors: a key may come again in another object, in a string, and be called __proto__", () => {
  const bytes = file(`{"__metadata__":{"w":"{\\"w\\": 1, \\"w\\": 2}"},"w":${entry("[0,3]", "[0,0]")}}`);
  assertEquals(decode(bytes).arrays.w.shape, [0, 3]);
  const proto = Object.fromEntries([["__proto__", ARRAYS.steps]]);
  assertEquals(Object.entries(decode(encode(proto)).arrays), [["__proto__", ARRAYS.steps]]);
});

const values = (dtype: StoredArray["dtype"], length: number): fc.Arbitrary<StoredArray["data"]> => {
  const exactly = { minLength: length, maxLength: length };
  if (dtype === "F32") return fc.float32Array(exactly);
  if (dtype === "I32") return fc.int32Array(exactly);
  if (dtype === "BF16" || dtype === "F16") return fc.uint16Array(exactly);
  return fc.uint8Array({ ...exactly, max: dtype === "BOOL" ? 1 : 255 });
};
const storedArray: fc.Arbitrary<StoredArray> = fc
  .tuple(fc.constantFrom(...Object.keys(CONSTRUCTORS)), fc.array(fc.nat(3), { maxLength: 3 }))
  .chain(([dtype, shape]) =>
    values(dtype as StoredArray["dtype"], shape.reduce((a, b) => a * b, 1))
      .map((data) => ({ dtype, shape, data } as StoredArray))
  );
const name = fc.string({ unit: "binary" }).filter((s) => s !== "__metadata__" && s.isWellFormed());
const stored = fc.tuple(fc.dictionary(name, storedArray, { maxKeys: 5 }), fc.dictionary(name, name, { maxKeys: 3 }));

Deno.test("safetensors: whatever is encoded is decoded", () => {
  fc.assert(fc.property(stored, ([arrays, metadata]) => {
    const decoded = decode(encode(arrays, metadata));
    assertEquals(Object.entries(decoded.metadata).sort(), Object.entries(metadata).sort());
    assertEquals(Object.keys(decoded.arrays).sort(), Object.keys(arrays).sort());
    for (const [key, array] of Object.entries(arrays)) {
      assertEquals(decoded.arrays[key].dtype, array.dtype);
      assertEquals(decoded.arrays[key].shape, array.shape);
      assert(array.data.every((x, i) => Object.is(x, decoded.arrays[key].data[i]))); // NaN and -0 too
    }
  }));
});

/** Decodes; anything thrown but a UserError fails the test. */
function decodes(bytes: Uint8Array): boolean {
  try {
    decode(bytes);
    return true;
  } catch (error) {
    assertInstanceOf(error, UserError);
    return false;
  }
}

Deno.test("safetensors: every truncation is refused", () => {
  for (let length = 0; length < FROM_PYTHON.length; length++) assert(!decodes(FROM_PYTHON.subarray(0, length)));
});

Deno.test("safetensors: a changed byte in the header throws nothing but UserError", () => {
  const headerEnd = FROM_PYTHON.length - 55;
  let refused = 0;
  for (let at = 0; at < headerEnd; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const bytes = FROM_PYTHON.slice();
      bytes[at] ^= 1 << bit;
      if (!decodes(bytes)) refused++;
    }
  }
  assert(refused > headerEnd * 4, `${refused} refused`); // a name with another letter is a valid file
});

Deno.test("safetensors: any bytes are decoded or refused", () => {
  fc.assert(fc.property(fc.json(), (json) => void decodes(file(json, 8))));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void decodes(bytes)));
});
