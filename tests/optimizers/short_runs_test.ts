/** What the command line learns in short runs of narrow networks, beside the same direction at the task's usual rate. */
import { assert } from "@std/assert";
import { catalogued } from "../../optimizers/catalogue/catalogue.ts";
import { startingRate } from "../../optimizers/catalogue/entry.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { fit } from "../../training/fit.ts";
import { mnist } from "../../tasks/mnist.ts";

await chooseBackend("wasm");

const data = await mnist.load();

/** The accuracy on test data at the end of `deno task train` with these flags. */
async function accuracy(name: string, hidden: number[], steps: number, seed: number): Promise<number> {
  const { output, metrics, defaults } = mnist, entry = catalogued(name);
  const problem = { model: mnist.models.mlp.build({ hidden, activation: "relu" }), output };
  const settings = entry.complete({ steps, learningRate: startingRate(entry, defaults.learningRates) });
  for await (const event of fit({ problem, optimizer: entry.build(problem, settings), data, steps, seed, metrics })) {
    if (event.kind === "finished") return event.test!.accuracy;
  }
  throw new Error("never finished");
}

// each of them ended at 10 to 43 % when the start-up search looked at Q alone, when short runs had shorter warm-ups, or when what
// moves preconditioners had no brake
for (
  const [name, base, width, steps, seed] of [
    ["apo-momentum", "momentum", 8, 100, 0],
    ["apo-momentum", "momentum", 16, 50, 0],
    ["apo-momentum", "momentum", 16, 50, 2],
    ["apo-sgd", "sgd", 8, 30, 0],
    ["apo-sgd", "sgd", 16, 30, 0],
    ["apo-diagonal", "momentum", 16, 200, 0],
    ["apo-kfac-paper", "momentum", 16, 200, 0],
  ] as const
) {
  Deno.test(`${name}, ${width} units, ${steps} steps, seed ${seed}: not below the usual rate's accuracy`, async () => {
    const learned = await accuracy(name, [width], steps, seed);
    const usual = await accuracy(base, [width], steps, seed);
    assert(learned >= 0.9 * usual, `${learned}, at the usual rate ${usual}`);
  });
}
