/** `recommended` in code is what `deno task train` does, bit for bit. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { main } from "../../cli/train.ts";
import {
  diagonal,
  fit,
  mlp,
  type Parameterization,
  perBlockRates,
  recommended,
  recommendedRegime,
  scalarRate,
  UserError,
} from "../../mod.ts";
import { mnist } from "../../tasks/mnist.ts";
import { callMain, inFolder } from "./command.ts";

const STEPS = 60, SEED = 3, WIDTH = 8; // 20 of the steps warm up, and the last decay

const same: readonly [optimizer: string, base: string, rule?: () => Parameterization][] = [
  ["apo-sgd", "sgd"],
  ["apo-momentum", "momentum"],
  ["apo-rmsprop", "rmsprop", scalarRate],
  ["apo-adam", "adam"],
  ["apo-muon", "muon"],
  ["apo-muon-adam", "muon-adam"],
  ["apo-per-block", "momentum", perBlockRates],
  ["apo-diagonal", "momentum", diagonal],
];
for (const [optimizer, base, rule] of same) {
  Deno.test(`recommended("${base}"${rule ? `, ${rule.name}` : ""}) learns what deno task train --optimizer=${optimizer} does`, () =>
    inFolder(async (folder) => {
      const sizes = [
        `--hidden=${WIDTH}`,
        `--steps=${STEPS}`,
        `--seed=${SEED}`,
        "--log-every=1",
        `--eval-every=${STEPS}`,
      ];
      const flags = [...sizes, "--batch-size=32", "--backend=wasm", "--blas=off", "--quiet", `--out=${folder}/run`];
      assertEquals((await callMain(main, `--optimizer=${optimizer}`, ...flags)).code, 0);
      const lines = Deno.readTextFileSync(`${folder}/run/metrics.jsonl`).trimEnd().split("\n").map((x) =>
        JSON.parse(x)
      );

      const problem = { model: mlp([784, WIDTH, 10]), output: mnist.output };
      const make = recommended(base, { problem, steps: STEPS, ...rule && { parameterization: rule() } });
      const events = fit({
        ...{ problem, optimizer: make, data: await mnist.load(), seed: SEED, steps: STEPS, batchSize: 32 },
        ...{ logEvery: 1, evalEvery: STEPS },
      });
      const logged: { step: number; loss: number; learned: unknown }[] = [];
      for await (const event of events) {
        if (event.kind !== "logged") continue;
        logged.push({ step: event.step, loss: event.metrics.loss, learned: event.learned });
      }
      assertEquals(logged.length, STEPS);
      assertEquals(
        logged,
        lines.filter((line) => line.learned).map(({ step, loss, learned }) => ({ step, loss, learned })),
      );
    }));
}

Deno.test("recommended: a base that is unknown is refused with the nearest name", () => {
  const problem = { model: mlp([2, 2]), output: mnist.output };
  const error = assertThrows(() => recommended("adm", { problem, steps: 10 }), UserError);
  assertStringIncludes(error.message, "base=adm is unknown; did you mean adam?");
  assertThrows(() => recommendedRegime("soap", { steps: 10 }), UserError, "base=soap is unknown");
  assertThrows(() => recommended("adam", { problem, steps: 0 }), UserError, "steps is 0");
});
