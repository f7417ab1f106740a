/** The help of every command, where it is printed. */
import { assert, assertEquals, assertFalse } from "@std/assert";
import { main as bench } from "../../bench/main.ts";
import { main as blas } from "../../tasks/blas.ts";
import { main as compare } from "../../tasks/compare.ts";
import { main as data } from "../../tasks/data.ts";
import { main as findRate } from "../../tasks/find_rate.ts";
import { main as reproduce } from "../../tasks/reproduce.ts";
import { main as train } from "../../tasks/train.ts";
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
