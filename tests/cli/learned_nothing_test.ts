/** What is said of a run that has learned nothing. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { catalogued } from "../../optimizers/catalogue/catalogue.ts";
import { learnedNothing } from "../../cli/learned_nothing.ts";
import { inFolder, run } from "./command.ts";

/** What is said of these scores where the first batch had a loss of 2.3; of four examples two are of class 3. */
function said(
  train: { loss: number; accuracy?: number },
  optimizer = "apo-momentum",
  labels?: number[],
  constantLoss?: number,
) {
  const settings = catalogued(optimizer).complete({ steps: 100, learningRate: 0.02 });
  const text = learnedNothing({
    event: { train, constantLoss },
    lines: [{ loss: 2.3 }, { loss: 9 }],
    labels,
    config: { optimizer, settings },
  });
  return text?.replaceAll("\n", " ");
}

Deno.test("learnedNothing: a loss that is not below the first one, or not finite", () => {
  assertEquals(said({ loss: 2.29 }), undefined);
  for (const loss of [2.3, 4, Infinity, NaN]) {
    assertStringIncludes(
      said({ loss }) ?? "",
      `Nothing was learned: the training loss, ${loss}, is not below the 2.3 of`,
    );
  }
});

Deno.test("learnedNothing: data of one's own are numbers, except for a task that shows texts", () => {
  const config = { optimizer: "adam", settings: catalogued("adam").complete({ steps: 100, learningRate: 0.02 }) };
  const told = (samples?: []) =>
    learnedNothing({ event: { train: { loss: 3 }, samples }, lines: [{ loss: 2 }], config })!.replaceAll("\n", " ");
  assertStringIncludes(told(), "another --seed. Data of your own");
  assert(told([]).endsWith("another --seed."));
});

Deno.test("learnedNothing: an accuracy hardly above that of naming the largest class", () => {
  const labels = [3, 1, 3, 0], name = "apo-momentum"; // a half is of class 3
  for (const [accuracy, nothing] of [[0.2, true], [0.5, true], [0.549, true], [0.551, false], [1, false]] as const) {
    const text = said({ loss: 1, accuracy }, name, labels);
    assertEquals(text !== undefined, nothing, `${accuracy}`);
    if (text) {
      assertStringIncludes(
        text,
        `${(100 * accuracy).toFixed(1)} %, is hardly above that of always naming the largest class, 50.0 %`,
      );
    }
  }
  assertEquals(said({ loss: 1, accuracy: 1 }, name, [2, 2]), undefined); // there is nothing to be learned
  assertEquals(said({ loss: 1, accuracy: 0.1 }, name), undefined); // a task's own metric of that name
});

Deno.test("learnedNothing: a loss hardly below that of always giving the same output", () => {
  const text = (loss: number, constant: number) => said({ loss }, "apo-momentum", undefined, constant);
  assertStringIncludes(text(0.99, 1) ?? "", "loss, 0.99, is hardly below the 1 of always giving the same output");
  assertEquals(text(0.98, 1), undefined);
  for (const constant of [0, 1e-9]) assertEquals(text(1e-8, constant), undefined); // there is nothing else to be learned
});

Deno.test("learnedNothing: the remedy is a flag that the optimizer takes", () => {
  const remedies: [string, string][] = [
    [
      "apo-momentum",
      "--lambda-fsd=1 (it is 0.1; a larger one makes steps shorter), a larger --batch-size, --clip=1, more steps by --steps",
    ],
    ["apo-kfac", "another --trust-region than 0.002 (a smaller one"],
    ["adam", "another --lr than 0.02 (deno task find-rate --optimizer=adam looks for one)"],
    ["natural-gradient", "another --lr than 0.02 (often a smaller one)"],
  ];
  for (const [optimizer, remedy] of remedies) assertStringIncludes(said({ loss: 3 }, optimizer) ?? "", `Try ${remedy}`);
});

Deno.test("train: a run that has learned nothing says so at the end, another does not", () =>
  inFolder(async (folder) => {
    const flags = ["--hidden=16", "--optimizer=momentum", "--steps=30", "--backend=wasm"];
    const { code, stdout } = await run(...flags, "--lr=1e-6", `--out=${folder}/slow`);
    assertEquals(code, 0);
    assertStringIncludes(stdout.replaceAll("\n", " "), "(deno task find-rate --optimizer=momentum looks for one)");
    const report = stdout.slice(stdout.indexOf("training loss")), at = report.indexOf("Nothing was learned: ");
    assert(at > 0 && at < report.indexOf("Everything is in"));
    const usual = await run(...flags, `--out=${folder}/usual`);
    assert(usual.code === 0 && !usual.stdout.includes("Nothing was learned"));
  }));
