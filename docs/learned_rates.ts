/**
 * Makes README's picture, docs/learned-rates.svg: momentum from three initial rates, learned by APO and fixed.
 *
 *     deno run --allow-read --allow-write --allow-env=XDG_RUNTIME_DIR docs/learned_rates.ts
 */
import { amortize, chooseBackend, fit, fixedRate, mlp, momentum, type Optimizer, scalarRate, softmax } from "../mod.ts";
import { mnist } from "../tasks/mod.ts";
import { writeWhole } from "../runtime/files/atomic.ts";
import { curvesSvg, type Series } from "../display/curves_svg.ts";

const STEPS = 300, RATES = [1e-6, 1e-3, 10];
const { reason } = await chooseBackend();
console.log(reason);
const problem = { model: mlp([784, 256, 256, 10]), output: softmax() };
const data = await mnist.load(), direction = momentum();

const losses: Series[] = [], rates: Series[] = [];
for (const learningRate of RATES) {
  const optimizer = amortize({ problem, direction, parameterization: scalarRate({ learningRate }) });
  await curve(`APO from ${learningRate.toExponential()}`, optimizer);
}
for (const learningRate of RATES) {
  const optimizer = fixedRate({ problem, direction, learningRate });
  await curve(`fixed at ${learningRate.toExponential()}`, optimizer);
}
const panels = [
  { title: "Training loss (batch)", y: "cross-entropy", scale: "log" as const, series: losses },
  { title: "Learning rate", y: "η", scale: "log" as const, series: rates },
];
await writeWhole(new URL("learned-rates.svg", import.meta.url).pathname, await curvesSvg(panels));

async function curve(name: string, optimizer: Optimizer): Promise<void> {
  const loss: Series["points"][number][] = [], rate: typeof loss = [];
  for await (const event of fit({ problem, optimizer, data, steps: STEPS, patience: STEPS })) {
    if (event.kind !== "logged") continue;
    loss.push({ step: event.step, value: event.metrics.loss });
    rate.push({ step: event.step, value: event.learned.rate ?? event.metrics.learningRate });
  }
  losses.push({ name, points: loss });
  rates.push({ name, points: rate });
  console.log(name, "loss", loss.at(-1)!.value, "η", rate.at(-1)!.value);
}
