import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { UserError } from "../../runtime/errors.ts";
import { gunzip } from "../../data/gunzip.ts";
import { parseIdx } from "../../data/idx.ts";
import { gzip, idxFile } from "./idx_files.ts";

Deno.test("parseIdx: sizes are big-endian, the values follow", () => {
  // 0x0102 = 258: read with the wrong byte order this would be another size
  const values = Uint8Array.from({ length: 258 }, (_, i) => i % 256);
  const bytes = new Uint8Array([0, 0, 8, 1, 0, 0, 1, 2, ...values]);
  assertEquals(parseIdx(bytes, "a"), { shape: [258], data: values });
  assertEquals(parseIdx(idxFile([2, 1, 3], [1, 2, 3, 4, 5, 6]), "a").shape, [2, 1, 3]);
  assertEquals(parseIdx(idxFile([0], []), "a"), { shape: [0], data: new Uint8Array(0) });
});

Deno.test("parseIdx: reads from the middle of a buffer", () => {
  const buffer = new Uint8Array([9, 9, 9, ...idxFile([2], [7, 8]), 9]);
  assertEquals(parseIdx(buffer.subarray(3, -1), "a"), { shape: [2], data: new Uint8Array([7, 8]) });
});

const good = idxFile([2, 2], [1, 2, 3, 4]);
const WRONG: [string, Uint8Array, string][] = [
  ["no bytes", new Uint8Array(0), "it has 0 bytes"],
  ["three bytes", good.subarray(0, 3), "it has 3 bytes"],
  ["another format", new Uint8Array([0x50, 0x4b, 3, 4, 0]), "it begins with 50 4b 03 04, expected 00 00"],
  ["a second byte", new Uint8Array([0, 1, 8, 1, 0, 0, 0, 0]), "it begins with 00 01 08 01"],
  ["floats", idxFile([1], [0, 0, 0, 0], 0x0d), "it begins with 00 00 0d 01, whose third byte"],
  ["no dimensions", new Uint8Array([0, 0, 8, 0, 5]), "it has no dimensions"],
  ["cut-off dimensions", good.subarray(0, 9), "its 2 dimensions need 12 bytes, 9 are there"],
  ["cut-off values", good.subarray(0, -1), "it is truncated, 2 × 2 values announced, 3 found"],
  ["a size of 4 thousand million", idxFile([0xffffffff, 2], [1]), "4294967295 × 2 values announced, 1 found"],
  ["bytes behind", new Uint8Array([...good, 0, 0]), "2 bytes follow the 2 × 2 values"],
];
for (const [what, bytes, message] of WRONG) {
  Deno.test(`parseIdx: refuses ${what}`, () => {
    const error = assertThrows(() => parseIdx(bytes, "t10k-labels"), UserError, message);
    assertEquals(error.message.startsWith("t10k-labels is not an IDX file of bytes: "), true);
  });
}

Deno.test("gunzip: unpacks gzip, leaves the rest, refuses what is damaged", async () => {
  const packed = await gzip(good);
  assertEquals(await gunzip(packed, "a"), good);
  assertEquals(await gunzip(good, "a"), good);
  assertEquals(await gunzip(new Uint8Array(0), "a"), new Uint8Array(0));
  const damaged = packed.slice();
  damaged[packed.length - 6] ^= 1; // in the checksum
  await assertRejects(() => gunzip(damaged, "x.gz"), UserError, "x.gz is a damaged or cut-off gzip file");
  for (let length = 2; length < packed.length; length++) {
    await assertRejects(() => gunzip(packed.subarray(0, length), "x.gz"), UserError, "x.gz is a damaged or cut-off");
  }
});
