/**
 * The command `deno task bench`.
 * @module
 */
import { exitCodeOf } from "../cli/failure.ts";
import { type Figure, reached, table } from "./figure.ts";
import { benchFlags, flags, helpText } from "./flags.ts";
import { progressLine } from "./progress.ts";
import { type FigureResults, makeFolder, writeResults } from "./results.ts";

/** A figure before its module, and with it tfjs, is loaded. */
interface Entry {
  readonly title: string;
  load(): Promise<{ readonly figure: Figure }>;
}

/**
 * The figures in the order in which they are measured: first those of other processes, while this one is small, as a new process
 * counts the memory of the one that started it as its own.
 */
const figures: Readonly<Record<string, Entry>> = {
  memory: { title: "peak memory of the default run and of ResNet-20", load: () => import("./figures/memory.ts") },
  start: { title: "time from start to first step", load: () => import("./figures/start.ts") },
  dispatches: { title: "calls of the GPU in a step", load: () => import("./figures/dispatches.ts") },
  price: { title: "a step of learning against one at a fixed rate", load: () => import("./figures/price.ts") },
  precision: { title: "a step in 16 bits against one in float32", load: () => import("./figures/precision.ts") },
  threads: { title: "a step on all cores against one thread", load: () => import("./figures/threads.ts") },
  kernels: { title: "a step on wasm against tfjs as shipped", load: () => import("./figures/kernels.ts") },
  gpu: { title: "a step on a real GPU, beside torch", load: () => import("./figures/gpu.ts") },
  throughput: { title: "kernels against the machine's limits", load: () => import("./figures/throughput.ts") },
  jax: { title: "a step of Adam against jax-js", load: () => import("./figures/jax.ts") },
  peers: { title: "a step against torch", load: () => import("./figures/peers.ts") },
  "peers-on-all-cores": {
    title: "the same, both sides on all cores",
    load: () => import("./figures/peers_on_all_cores.ts"),
  },
  images: { title: "images a second, training and scoring", load: () => import("./figures/images.ts") },
  translation: { title: "training and decoding of a Transformer", load: () => import("./figures/translation.ts") },
  scaling: { title: "a step of every optimizer, by size", load: () => import("./figures/scaling.ts") },
  tensors: { title: "memory of a step of every optimizer", load: () => import("./figures/tensors.ts") },
};

/** Runs the command with these arguments, and returns the exit code: 0 measured, 2 bad input. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const { quick = false, help, only = Object.keys(figures), out } = benchFlags(args, figures);
    if (help) console.log(helpText(figures));
    else {await bench({
        names: Object.keys(figures).filter((name) => only.includes(name)),
        quick,
        out,
        command: ["deno task bench", ...args].join(" "),
      });}
    return 0;
  } catch (error) {
    return exitCodeOf(error, "the same command", flags);
  }
}

async function bench(
  { names, quick, out, command }: { names: readonly string[]; quick: boolean; out?: string; command: string },
): Promise<void> {
  if (out !== undefined) await makeFolder(out);
  const measured: Record<string, FigureResults> = {}, tell = progressLine();
  for (const name of names) {
    tell(name);
    const { figure } = await figures[name].load(), begin = performance.now();
    const rows = await figure.measure(quick, tell), seconds = (performance.now() - begin) / 1000;
    tell("");
    const less = quick && figure.quickly ? ` (--quick: ${figure.quickly})` : "";
    console.log(`${name}: ${figure.description}${less}; took ${seconds.toFixed(0)} s`);
    console.log(`${(figure.table ?? table)(rows)}\n`);
    measured[name] = { description: figure.description + less, seconds, rows };
  }
  const { described, machine } = await import("./machine.ts");
  const here = await machine();
  console.log(described(here));
  const verdicts = Object.values(measured).flatMap(({ rows }) => rows.map(reached));
  const count = (verdict: boolean) => verdicts.filter((other) => other === verdict).length;
  console.log(`${count(true)} targets reached, ${count(false)} missed${quick ? " (--quick: rough figures)" : ""}`);
  if (out === undefined) return;
  const results = { measured: new Date().toISOString(), command, quick, machine: here, figures: measured };
  for (const path of await writeResults(out, results)) console.log(path);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
