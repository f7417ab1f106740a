import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../../runtime/backend.ts";
import { UserError } from "../../../runtime/errors.ts";
import { chooseBlas } from "../../../runtime/wasm/blas/choice.ts";
import { isFast } from "../../../runtime/wasm/blas/cores.ts";
import { blasText } from "../../../runtime/wasm/blas/library.ts";
import { places } from "../../../runtime/wasm/blas/places.ts";
import { autoThreads } from "../threads/on_threads.ts";
import { blasTest } from "./blas_test_case.ts";

Deno.test("isFast: kernels wider than 128 bits, however a build writes their names", () => {
  for (const core of ["Haswell", "HASWELL", "Zen", "SkylakeX", "SapphireRapids", "neoversev1", "VORTEX"]) {
    assert(isFast(core), core);
  }
  for (const core of ["Prescott", "Nehalem", "Core2", "armv8", "neoversen1", "unknown", ""]) {
    assert(!isFast(core), core);
  }
});

Deno.test("one task, and the tests, may load OpenBLAS from the places where it is looked for, and nothing else", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("../../../deno.json", import.meta.url)));
  const allowed = Object.entries(tasks as Record<string, { command: string }>).flatMap(([name, { command }]) =>
    command.includes("--allow-ffi") ? [[name, / --allow-ffi=(\S+) /.exec(command)?.[1].split(",")]] : []
  );
  const expected = ["blas", "test", "coverage"].map((name) => [name, [...places]]);
  assertEquals(allowed, expected);
});

Deno.test("blasText: what people and configurations say", () => {
  assertEquals(blasText({ path: "/x", version: "0.3.21", core: "Zen" }), "OpenBLAS 0.3.21 with its kernels for Zen");
  assertEquals(blasText({ path: "/x", version: "0.3.21" }), "OpenBLAS 0.3.21");
  assertEquals(blasText({ path: "/x" }), "cblas_sgemm of /x");
});

Deno.test("off, and auto with strict: none, and not a word", () => {
  assertEquals(chooseBlas("off", false), { said: "" });
  assertEquals(chooseBlas("off", true), { said: "" });
  assertEquals(chooseBlas("auto", true), { said: "" });
});

Deno.test("a path that cannot be: an error with flag, value and remedy, and the backend stays; another backend never looks", async () => {
  await chooseBackend("cpu");
  const wrong: [path: string, strict: boolean, words: string[]][] = [
    [places[0], true, ["strict=true cannot be together", "leave one"]],
    [new URL(import.meta.url).pathname, false, ["--allow-ffi", "blas=off"]], // no library, and no permission for it
  ];
  for (const [path, strict, words] of wrong) {
    for (const backend of ["wasm", "auto"] as const) {
      const error = await assertRejects(() => chooseBackend(backend, { strict, blas: path }), UserError);
      for (const word of [`blas=${path}`, ...words]) assertStringIncludes(error.message, word);
      assertEquals(tf.getBackend(), "cpu");
    }
    assertEquals((await chooseBackend("cpu", { strict, blas: path })).name, "cpu");
  }
});

blasTest("a known place where there is no library: an error that says so", () => {
  const absent = places.find((path) => {
    try {
      return !Deno.statSync(path);
    } catch {
      return true;
    }
  })!;
  const error = assertThrows(() => chooseBlas(absent, false), UserError);
  assertMatch(error.message, /^blas=\S+ cannot be used \([^\n]+\); give the file of a BLAS [^\n]* blas=off$/);
});

blasTest("a path takes that library whatever its kernels, says so, and has it on one thread", ({ blas }, choice) => {
  assertEquals(choice.blas, blas);
  assertMatch(blas.version!, /^\d+\.\d+\.\d+/);
  assertMatch(blas.core!, /^\w+$/);
  assertStringIncludes(
    choice.reason,
    `${autoThreads}; products by OpenBLAS ${blas.version} with its kernels for ${blas.core}`,
  );
});

blasTest("auto takes it if its kernels are fast, else says why not and what helps", async ({ blas }) => {
  const { library, said } = chooseBlas("auto", false), { reason, ...choice } = await chooseBackend("wasm");
  if (isFast(blas.core!)) {
    assertEquals([library?.blas, said], [blas, `products by ${blasText(blas)}`]);
    assertEquals(choice, { name: "wasm", blas });
  } else {
    assertEquals(library, undefined);
    assertMatch(said, /^not by OpenBLAS [\d.]+ with its kernels for \w+, which are hardly faster: .*a newer OpenBLAS/);
    assertEquals(choice, { name: "wasm" });
  }
  assertStringIncludes(reason, `; ${said})`);
});

blasTest("choosing again gives back the kernels of our own", async () => {
  assertEquals(await chooseBackend("wasm", { blas: "off" }), {
    name: "wasm",
    reason: `wasm (relaxed SIMD, ${autoThreads})`,
  });
});
