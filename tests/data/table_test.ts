import { assert, assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../runtime/errors.ts";
import { parseTable } from "../../data/table.ts";

Deno.test("parseTable: names and numbers, row by row", () => {
  const table = parseTable("a,b\n1,-2.5\n3.38e-005,1872790.507\n", "t.csv");
  assertEquals(table, { columns: ["a", "b"], rows: 2, values: new Float64Array([1, -2.5, 3.38e-5, 1872790.507]) });
});

Deno.test("parseTable: quotes around names, spaces, line ends of Windows, a last line without an end", () => {
  const expected = { columns: ["a#", "b(%)"], rows: 2, values: new Float64Array([1, 0, 3, 4]) };
  for (const text of ['"a#","b(%)"\r\n1, 0\r\n3,4\r\n', "a#, b(%)\n1,0\n3,4", "a#,b(%)\n1 ,0\n3,4\n\n"]) {
    assertEquals(parseTable(text, "t.csv"), expected);
  }
});

const WRONG: [what: string, text: string, message: string][] = [
  ["a word", "a,b\n1,2\n3,abc\n", 't.csv, line 3, column b: "abc" is no number; mend it, or download the file again'],
  ["nothing between commas", "a,b\n,2\n", 't.csv, line 2, column a: "" is no number'],
  ["nothing at a line's end", "a,b\n1,\r\n2,3\n", 't.csv, line 2, column b: "" is no number'],
  ["a number that is not finite", "a,b\n1,Infinity\n", 't.csv, line 2, column b: "Infinity" is no number'],
  ["a missing value", "a,b\nNaN,1\n", 't.csv, line 2, column a: "NaN" is no number'],
  ["a semicolon", "a,b\n1;2,3\n", '"1;2" is no number'],
  ["a long text", `a,b\n1,${"x".repeat(1000)}\n`, `"${"x".repeat(20)}" is no number`],
  ["too few values", "a,b\n1,2\n3\n", "t.csv, line 3: 1 values, but there are 2 columns"],
  ["a line that was cut off", "a,b\n1,2\n3,4,5\n", "t.csv, line 3: 3 values, but there are 2 columns"],
  ["an empty line", "a,b\n1,2\n\n3,4\n", "t.csv, line 3: 1 values, but there are 2 columns"],
  ["no rows", "a,b\n", "t.csv has no rows of numbers"],
  ["nothing", "", "t.csv has no rows of numbers"],
];
for (const [what, text, message] of WRONG) {
  Deno.test(`parseTable: refuses ${what}`, () => {
    const error = assertThrows(() => parseTable(text, "t.csv"), UserError, message);
    assert(!error.message.includes("\n"));
  });
}
