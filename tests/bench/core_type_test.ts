import { assertEquals } from "@std/assert";
import { type CoreType, environment, fastest } from "../../bench/peers/core_type.ts";

Deno.test("fastest: what is wrong or crashes never wins, and noise does not either", () => {
  const of = (own: number, haswell: number, skylake: number) =>
    fastest(new Map<CoreType, number>([[undefined, own], ["Haswell", haswell], ["SkylakeX", skylake]]));
  assertEquals(of(3, 2, 1), "SkylakeX");
  assertEquals(of(3, 2, Infinity), "Haswell");
  assertEquals(of(Infinity, Infinity, 9), "SkylakeX");
  assertEquals(of(1, 0.99, 0.98), undefined);
  assertEquals(of(1, 2, Infinity), undefined);
  assertEquals(of(Infinity, Infinity, Infinity), undefined);
});

Deno.test("environment: nothing where OpenBLAS chooses", () => {
  assertEquals([environment(undefined), environment("Zen")], [{}, { OPENBLAS_CORETYPE: "Zen" }]);
});
