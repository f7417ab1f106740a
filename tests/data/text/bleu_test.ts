import { assertEquals, assertThrows } from "@std/assert";
import { bleu, UserError } from "../../../mod.ts";
import { tokens13a } from "../../../data/text/tokens_13a.ts";

Deno.test("bleu refuses what does not belong together", () => {
  assertThrows(() => bleu(["a"], []), UserError, "bleu: 1 translations and references of 0 segments; give as many");
  assertThrows(() => bleu(["a", "b"], [["a"], []]), UserError, "bleu: references[1] is empty; give one reference");
});

Deno.test("tokens: white space is what Python takes for it", () => {
  assertEquals(tokens13a("a\u0085b\u001cc\u3000d\ufeffe"), ["a", "b", "c", "d\ufeffe"]);
});
