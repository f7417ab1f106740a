/** `deno task train --precision=FORMAT`, from the flags to the folder. */
import { assert, assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import { main as compare } from "../../cli/compare.ts";
import { openRun } from "../../runs/mod.ts";
import { BF16, type Format } from "../../runtime/precision/format.ts";
import { roundArray } from "../../runtime/precision/round.ts";
import { call, callMain, contents, fileNames, inFolder } from "./command.ts";

const digits = ["--hidden=16", "--batch-size=32", "--backend=wasm"];

async function quietly(...args: string[]): Promise<void> {
  assertEquals(await call(...args, "--quiet"), { code: 0, stdout: "", stderr: "" });
}

function rounded(values: ArrayLike<number>, format: Format): number[] {
  const array = Float32Array.from(values);
  roundArray(array, format);
  return [...array];
}

Deno.test("train --precision: a run that is resumed ends with the bits of one that was longer from the start", () =>
  inFolder(async (folder) => {
    const every = ["--log-every=1"], seldom = ["--log-every=10", "--eval-every=5000"];
    const cases: [precision: string, steps: [number, number], ...flags: string[]][] = [
      ["bf16", [7, 13], ...digits, ...every, "--optimizer=apo-kfac", "--block-size=8", "--schedule=constant"],
      ["bf16-stochastic", [7, 13], ...digits, ...every, "--optimizer=momentum"],
      ["e6m9", [7, 13], ...digits, ...every, "--optimizer=apo-momentum", "--schedule=constant", "--float32=none"],
      ["f16", [1990, 2010], "--task=rosenbrock", "--optimizer=sgd", "--backend=cpu", ...seldom],
    ];
    for (const [precision, [first, last], ...flags] of cases) {
      const given = [...flags, `--precision=${precision}`], run = `${folder}/${precision}`;
      await quietly(...given, `--steps=${first}`, `--out=${run}`);
      await quietly(`--resume=${run}`, `--steps=${last}`);
      await quietly(...given, `--steps=${last}`, `--out=${run}-alone`);
      const [resumed, alone] = [contents(run), contents(`${run}-alone`)];
      for (const file of ["checkpoint.safetensors", "config.json", "metrics.jsonl"]) {
        assertEquals(resumed[file], alone[file], `${precision}: ${file}`);
      }
    }
    const scales = (await openRun(`${folder}/f16`)).metrics.map(({ lossScale }) => lossScale as number);
    assert(
      scales[0] < 2 ** 16 && scales.at(-1) === 2 * scales.at(-2)!,
      "it changes before the resumption and after it",
    );
  }));

Deno.test("train --precision: the checkpoint is half as large, and openRun gives the outputs of the narrow network", () =>
  inFolder(async (folder) => {
    const flags = [...digits, "--optimizer=momentum", "--steps=8"], bf16 = (x: ArrayLike<number>) => rounded(x, BF16);
    await quietly(...flags, `--out=${folder}/wide`);
    await quietly(...flags, "--precision=bf16", `--out=${folder}/narrow`);
    const [wide, narrow] = ["wide", "narrow"].map((run) =>
      Deno.statSync(`${folder}/${run}/checkpoint.safetensors`).size
    );
    assert(narrow < 0.53 * wide && narrow > 0.47 * wide, `${narrow} of ${wide}`);

    const run = await openRun(`${folder}/narrow`), inputs = Array.from({ length: 784 }, (_, i) => Math.sin(i) ** 2);
    const layer = (x: number[], name: string): number[] => {
      const { data, shape: [, units] } = run.params[`${name}/kernel`], bias = run.params[`${name}/bias`].data;
      return Array.from(
        { length: units },
        (_, j) => x.reduce((z, value, i) => z + value * data[i * units + j], bias[j]),
      );
    };
    const hidden = bf16(layer(bf16(inputs), "dense1").map((z) => Math.max(z, 0)));
    const expected = layer(hidden, "dense2"), [outputs] = await run.predict([inputs]);
    assertEquals(outputs, bf16(outputs));
    outputs.forEach((z, j) => assertAlmostEquals(z, expected[j], 2 ** -8 * Math.abs(expected[j]) + 1e-3)); // half a last bit
  }));

Deno.test("compare --precision: every run is in it", () =>
  inFolder(async (folder) => {
    const small = ["--task=ill-conditioned", "--backend=cpu", "--batch-size=50", "--optimizers=momentum", "--seeds=1"];
    const args = [...small, "--budget=3steps", "--precision=f16", "--float32=update", `--out=${folder}/all`, "--quiet"];
    const { code } = await callMain(compare as (args: string[]) => Promise<number>, ...args);
    assertEquals(code, 0);
    const { config } = await openRun(`${folder}/all/runs/momentum-seed-0`);
    assertEquals([config.precision, config.float32], ["f16", ["update"]]);
  }));

Deno.test("train --precision=f16-gpu on a backend without it: exit 2, and no folder, whatever the scale of the loss", () =>
  inFolder(async (folder) => {
    const flags = [...digits, "--precision=f16-gpu", `--out=${folder}/run`];
    for (const more of [[], ["--loss-scale=none"]]) {
      const { code, stderr } = await call(...flags, ...more);
      assertEquals([code, fileNames(folder)], [2, []]);
      assertMatch(stderr, /^--precision=f16-gpu needs .* wasm does not have; give --precision=f16-products, /);
    }
  }));

Deno.test("train --precision: a run that diverges is told that the format may be why", () =>
  inFolder(async (folder) => {
    const small = ["--hidden=2", "--batch-size=4", "--backend=cpu", "--steps=20", "--quiet", `--out=${folder}/run`];
    const { code, stderr } = await call("--optimizer=adam", "--precision=f16", ...small);
    assertEquals(code, 3);
    assertMatch(stderr, /, or the same without --precision=f16, as it may be too narrow; the run is in /);
  }));
