/**
 * The networks as the script for torch builds them are ours: the same losses, before and after some of torch's own steps. Needs a Python
 * with torch, and the permission to start it, which `deno task test` gives.
 */
import { assertAlmostEquals } from "@std/assert";
import { cases, setting } from "../../bench/peers/cases.ts";
import { findTorch, startTorch } from "../../bench/peers/torch.ts";
import { trainee } from "../../bench/trainee.ts";
import { chooseBackend } from "../../runtime/backend.ts";

const torch = await findTorch();
const STEPS = 4, name = "torch: LeNet, a residual network and a Transformer are ours, and so are their steps";
Deno.test({
  name: torch ? name : `${name} (ignored: no Python with torch, or not with this --allow-run)`,
  ignore: !torch,
  fn: async () => {
    await chooseBackend("wasm", { blas: "off" });
    for (const test of cases.filter(({ what }) => /^LeNet|^ResNet-8|Transformer/.test(what))) {
      const { layers, update, what } = test, trained = { ...await setting(test), batchSize: 8 };
      using ours = trainee({ ...trained, blockSteps: 1 });
      await using theirs = await startTorch(torch!.python, { ...trained, layers, update }, {
        ...{ blockSteps: 1, core: undefined, threads: 1 },
      });
      const expected = await theirs.losses(STEPS), losses = await ours.losses(STEPS);
      losses.forEach((loss, i) =>
        assertAlmostEquals(loss, expected[i], 1e-4 * expected[i], `${what}: ${losses}, torch ${expected}`)
      );
    }
  },
});
