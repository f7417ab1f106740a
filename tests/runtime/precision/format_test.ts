/** Names of formats. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UserError } from "../../../runtime/errors.ts";
import { BF16, F16, formatNamed } from "../../../runtime/precision/format.ts";

Deno.test("formatNamed: bfloat16, float16, and any width", () => {
  assertEquals(formatNamed("bf16"), BF16);
  assertEquals(formatNamed("f16"), F16);
  assertEquals(formatNamed("e8m7"), { ...BF16, name: "e8m7" });
  assertEquals(formatNamed("e2m1"), { name: "e2m1", exponent: 2, mantissa: 1 });
  assertEquals(formatNamed("e5m23"), { name: "e5m23", exponent: 5, mantissa: 23 });
});

Deno.test("formatNamed: other names are refused, with what to give", () => {
  for (const name of ["", "fp16", "BF16", "e1m7", "e9m7", "e8m0", "e8m24", "e8m07", "e8", "xe8m7", "constructor"]) {
    const { bad } = assertThrows(() => formatNamed(name), UserError);
    assertEquals([bad?.argument, bad?.value], ["precision", name]);
    assertStringIncludes(bad!.remedy, "e8m7");
  }
});
