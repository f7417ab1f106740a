import { assert, assertEquals } from "@std/assert";
import { wrapped } from "../../display/wrapped.ts";

Deno.test("wrapped: lines of 100 characters at most, indented but the first, with every word in its order", () => {
  const text = "claim    " + "some words of very different lengths, ".repeat(12).trim();
  const lines = wrapped(text, 9).split("\n");
  assert(lines.length > 3);
  assert(lines.every((line) => line.length <= 100 && line.length > 80 || line === lines.at(-1)));
  assert(lines.slice(1).every((line) => /^ {9}\S/.test(line)));
  assertEquals([lines[0], ...lines.slice(1).map((line) => line.slice(9))].join(" "), text);
});

Deno.test("wrapped: short text stays, and a word that is longer than a line is not cut", () => {
  assertEquals(wrapped("as it is", 4), "as it is");
  const long = "x".repeat(130);
  assertEquals(wrapped(`see ${long} there`, 2), `see\n  ${long}\n  there`);
});
