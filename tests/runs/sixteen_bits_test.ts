import { assert, assertEquals } from "@std/assert";
import { narrowed, widened } from "../../runs/sixteen_bits.ts";
import type { HostArray } from "../../training/snapshot.ts";

const f32 = (data: Float32Array): HostArray => ({ dtype: "F32", shape: [data.length], data });
const floats = (...bits: number[]) => new Float32Array(new Uint32Array(bits).buffer);
const typeOf = (data: Float32Array) => narrowed({ w: f32(data) }).w.dtype;
const patterns = Uint16Array.from({ length: 65536 }, (_, pattern) => pattern);

/** Widens all patterns, which have to come back, and passes them on. */
function allWidened(dtype: "BF16" | "F16"): HostArray {
  const { w } = widened({ w: { dtype, shape: [256, 256], data: patterns } }), back = narrowed({ w }).w;
  assertEquals([w.dtype, w.shape, back.dtype, back.shape], ["F32", [256, 256], dtype, [256, 256]]);
  assertEquals(back.data.findIndex((pattern, i) => pattern !== i), -1);
  return w;
}

Deno.test("sixteen bits: every pattern of bfloat16 is the upper half of its float32, and comes back", () => {
  const bits = new Uint32Array(allWidened("BF16").data.buffer);
  assertEquals(bits.findIndex((x, pattern) => x !== pattern * 65536), -1);
});

Deno.test("sixteen bits: every pattern of float16 is the number that V8's Float16Array has, and comes back", () => {
  const theirs = new Float16Array(patterns.buffer);
  assertEquals(allWidened("F16").data.findIndex((x, pattern) => !Object.is(x, theirs[pattern])), -1);
});

// Just outside what fits: the neighbours of every float16 in float32, and those with a last bit of it.
Deno.test("sixteen bits: narrows what V8 rounds to itself, and nothing else", () => {
  const [filler] = floats(0x3f802000); // 1 + 2⁻¹⁰: a float16 and no bfloat16
  const counts = { F16: 0, F32: 0 };
  for (const bits of new Uint32Array(allWidened("F16").data.buffer)) {
    for (const near of [bits, bits + 1, bits - 1, bits ^ 0x1000]) {
      const [x] = floats(near);
      if (Number.isNaN(x)) continue;
      const expected = Object.is(Math.f16round(x), x) ? "F16" : "F32";
      assertEquals(typeOf(new Float32Array([filler, x])), expected, `${x}`);
      counts[expected]++;
    }
  }
  assert(counts.F16 >= 63488 && counts.F32 > 150_000, JSON.stringify(counts));
});

Deno.test("sixteen bits: one value that needs more keeps the array, also a NaN that would become ∞", () => {
  const fits = [0x3f000000, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0x00010000]; // ½, -0, ±∞, NaN, a subnormal number
  assertEquals(typeOf(floats(...fits)), "BF16");
  for (const bits of [0x7f800001, 0xffc00001, 0x00000001, 0x3f800001, 0x477fffff]) {
    const array = f32(floats(...fits, bits));
    assert(narrowed({ w: array }).w === array, bits.toString(16));
  }
});

Deno.test("sixteen bits: zeros are bfloat16; counters, whole numbers and truth values stay; a part of a buffer is itself", () => {
  assertEquals(narrowed({ w: f32(new Float32Array(2)) }).w.dtype, "BF16");
  const staying: Record<string, HostArray> = {
    rate: { dtype: "F32", shape: [], data: new Float32Array([0.5]) },
    one: f32(new Float32Array([0])),
    none: f32(new Float32Array(0)),
    steps: { dtype: "I32", shape: [2], data: new Int32Array([1, 2]) },
    alive: { dtype: "BOOL", shape: [2], data: new Uint8Array([1, 0]) },
  };
  assertEquals<unknown>(narrowed(staying), staying);
  assertEquals(widened(narrowed(staying)), staying);
  const part = new Float32Array([Math.PI, 1, -2, Math.E]).subarray(1, 3);
  assertEquals(narrowed({ w: f32(part) }).w.data, new Uint16Array([0x3f80, 0xc000]));
});
