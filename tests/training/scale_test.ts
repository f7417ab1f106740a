/** Targets that are far from mean 0 and variance 1: what is said of a run that diverges on them, and that the remedies help. */
import { assert, assertLess, assertRejects, assertStringIncludes } from "@std/assert";
import {
  amortize,
  chain,
  clipByGlobalNorm,
  type Direction,
  DivergedError,
  fit,
  gaussian,
  mlp,
  momentum,
  rows,
  scalarRate,
} from "../../mod.ts";
import { chooseBackend } from "../../runtime/backend.ts";

const inputs = Array.from({ length: 256 }, (_, i) => [Math.sin(i), Math.sin(3 * i + 1), Math.sin(7 * i + 2)]);
const targets = inputs.map(([a, b, c]) => a + b * c), variance = targets.reduce((sum, y) => sum + y * y, 0) / 256;

/** The share of the targets' variance that a network leaves unexplained after 300 steps. */
async function unexplained(scale: number, direction: Direction = momentum()): Promise<number> {
  await chooseBackend("wasm", { strict: true, blas: "off" });
  const problem = { model: mlp([3, 32, 1]), output: gaussian() };
  const optimizer = amortize({ problem, direction, parameterization: scalarRate() });
  const data = { train: rows({ inputs, targets: targets.map((y) => [scale * y]) }) };
  let share = NaN;
  for await (const event of fit({ problem, optimizer, data, batchSize: 64, steps: 300 })) {
    if (event.kind === "finished") share = 2 * event.train.loss / (variance * scale ** 2);
  }
  return share;
}

Deno.test("fit: momentum diverges on targets of 10,000, and the message names what helps: to scale them, or to clip", async () => {
  const { message } = await assertRejects(() => unexplained(1e4), DivergedError);
  assertStringIncludes(
    message,
    "targets of mean 0 and variance 1, a gradient clipped to norm 1, a smaller learning rate",
  );
  assertLess(await unexplained(1), 0.1);
  const clipped = await unexplained(1e4, chain(clipByGlobalNorm(1), momentum()));
  assert(clipped < 0.1, `${clipped}`);
});
