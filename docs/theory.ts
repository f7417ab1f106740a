/**
 * Makes docs/theory.svg, the picture of docs/theory.md: the theorem's experiments.
 *
 *     deno run --allow-read --allow-write --allow-env=XDG_RUNTIME_DIR docs/theory.ts
 */
import { chooseBackend } from "../mod.ts";
import { writeWhole } from "../runtime/files/atomic.ts";
import { curvesSvg } from "../display/curves_svg.ts";
import { freeMatrix } from "../studies/reproduce/theorem/free_matrix.ts";
import { kroneckerIsKfac } from "../studies/reproduce/theorem/kronecker.ts";
import { naturalGradientByKl } from "../studies/reproduce/theorem/natural_gradient.ts";

await chooseBackend("cpu");
const free = [
  freeMatrix({ seed: 1, n: 4, rank: 4 }),
  freeMatrix({ seed: 2, n: 6, rank: 6 }),
  freeMatrix({ seed: 3, n: 5, rank: 3 }),
];
const networks = [naturalGradientByKl({ seed: 2 }), kroneckerIsKfac({ seed: 4 })];
for (const { name, points } of [...free, ...networks]) {
  const last = points.at(-1)!;
  console.log(`${name}: relative error ${last.value.toExponential(1)} after ${last.step} iterations`);
}
const panel = (title: string, series: typeof free) => ({
  title,
  y: "relative error of P",
  scale: "log" as const,
  series,
});
const svg = await curvesSvg([panel("Free matrix: the theorem's limit", free), panel("Networks", networks)]);
await writeWhole(new URL("theory.svg", import.meta.url).pathname, svg);
