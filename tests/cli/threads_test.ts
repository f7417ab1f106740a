/** `--threads`: the same bits for any number, which no run keeps. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { main as compare } from "../../cli/compare.ts";
import { main as findRate } from "../../cli/find_rate.ts";
import { threadsOfEach } from "../../cli/process.ts";
import { main as reproduce } from "../../cli/reproduce.ts";
import { main as train } from "../../cli/train.ts";
import { call, callMain, contents, inFolder, run } from "./command.ts";

const small = ["--hidden=16", "--batch-size=32", "--backend=wasm", "--blas=off", "--optimizer=adam", "--log-every=2"];

Deno.test("train --threads: said, the same files for any number, and another one when the run goes on", () =>
  inFolder(async (folder) => {
    const words = [...small, "--schedule=constant"], files = (run: string) => contents(`${folder}/${run}`);
    const [one, two, parts] = await Promise.all([
      run(...words, "--steps=8", "--threads=1", `--out=${folder}/one`),
      run(...words, "--steps=8", "--threads=2", `--out=${folder}/two`),
      run(...words, "--steps=4", "--threads=1", `--out=${folder}/parts`),
    ]);
    assertEquals([one.code, two.code, parts.code], [0, 0, 0]);
    assertStringIncludes(one.stdout, "backend  wasm (relaxed SIMD, 1 thread)\n");
    assertStringIncludes(two.stdout, "backend  wasm (relaxed SIMD, 2 threads)\n");
    const resumed = await run(`--resume=${folder}/parts`, "--steps=8", "--threads=3");
    assertStringIncludes(resumed.stdout, "backend  wasm (relaxed SIMD, 3 threads)\n");
    for (const file of ["config.json", "metrics.jsonl", "checkpoint.safetensors"]) {
      assertEquals(files("two")[file], files("one")[file], file);
      assertEquals(files("parts")[file], files("one")[file], file);
    }
    assert(!Deno.readTextFileSync(`${folder}/two/config.json`).includes("threads"));
  }));

Deno.test("--threads: every command that trains refuses what is no number of threads", async () => {
  for (const main of [train, findRate, compare, reproduce]) {
    const { code, stderr } = await callMain(main, "--threads=0");
    assertEquals(code, 2);
    assertStringIncludes(stderr, "--threads=0 cannot be; give a whole number from 1, or auto");
  }
  for (const [value, remedy] of [["some", "give a whole number from 1, or auto"], ["1000", "give at most 256"]]) {
    assertStringIncludes((await call(`--threads=${value}`)).stderr, `--threads=${value} cannot be; ${remedy}`);
  }
});

Deno.test("--threads: processes that run at the same time divide the cores", () => {
  assertEquals([1, 2, 3, 8, 9].map((jobs) => threadsOfEach(jobs, 8)), [8, 4, 2, 1, 1]);
  assertEquals([threadsOfEach(1, 64), threadsOfEach(3, 64)], [16, 16]);
});
