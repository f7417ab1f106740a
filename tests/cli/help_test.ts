/** The help of every command, where it is printed. */
import { assert, assertEquals, assertFalse } from "@std/assert";
import { main as bench } from "../../bench/main.ts";
import { main as blas } from "../../cli/blas.ts";
import { main as compare } from "../../cli/compare.ts";
import { main as data } from "../../cli/data.ts";
import { main as findRate } from "../../cli/find_rate.ts";
import { main as reproduce } from "../../cli/reproduce.ts";
import { main as train } from "../../cli/train.ts";
import { callMain } from "./command.ts";

for (const [name, main] of Object.entries({ train, compare, reproduce, "find-rate": findRate, blas, data, bench })) {
  Deno.test(`${name} --help fits a terminal of 120 columns, and no line ends within a flag or a word`, async () => {
    const { code, stdout, stderr } = await callMain(main, "--help");
    assertEquals([code, stderr], [0, ""]);
    for (const line of stdout.split("\n")) {
      assert(line.length <= 120, line);
      assertFalse(line.endsWith("-"), line);
    }
  });
}
