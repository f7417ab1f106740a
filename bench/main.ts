/**
 * The command `deno task bench`.
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import { writeAll } from "../tasks/run/atomic.ts";
import { type Figure, reached, type Row, table } from "./figure.ts";
import { benchFlags, helpText } from "./flags.ts";

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
  memory: { title: "peak memory of the default run", load: () => import("./figures/memory.ts") },
  start: { title: "time from start to first step", load: () => import("./figures/start.ts") },
  price: { title: "a step of scalar APO against one at a fixed rate", load: () => import("./figures/price.ts") },
  kernels: { title: "a step on wasm against tfjs as shipped", load: () => import("./figures/kernels.ts") },
  throughput: { title: "kernels against the machine's limits", load: () => import("./figures/throughput.ts") },
  peers: { title: "a step of Adam against torch", load: () => import("./figures/peers.ts") },
  optimizers: { title: "a step of every optimizer", load: () => import("./figures/optimizers.ts") },
};

/** Runs the command with these arguments, and returns the exit code: 0 measured, 2 bad input. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const { quick = false, help, json, only } = benchFlags(args, figures);
    if (help) console.log(helpText(figures));
    else await bench(only === undefined ? Object.keys(figures) : [only], quick, json);
    return 0;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    return error.exitCode;
  }
}

async function bench(names: readonly string[], quick: boolean, json?: string): Promise<void> {
  using file = json === undefined ? undefined : await writable(json);
  const measured: Record<string, { description: string; rows: Row[] }> = {};
  for (const name of names) {
    const { figure } = await figures[name].load();
    console.log(`${name}: ${figure.description}`);
    const rows = await figure.measure(quick);
    console.log(`${table(rows)}\n`);
    measured[name] = { description: figure.description, rows };
  }
  const { described, machine } = await import("./machine.ts");
  const here = await machine();
  console.log(described(here));
  const verdicts = Object.values(measured).flatMap(({ rows }) => rows.map(reached));
  const count = (verdict: boolean) => verdicts.filter((other) => other === verdict).length;
  console.log(`${count(true)} targets reached, ${count(false)} missed${quick ? " (--quick: rough figures)" : ""}`);
  if (file) {
    const text = JSON.stringify(
      { measured: new Date().toISOString(), quick, machine: here, figures: measured },
      null,
      2,
    );
    await writeAll(file, new TextEncoder().encode(text + "\n"));
  }
}

/** The file, opened before minutes of measuring. */
async function writable(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { write: true, create: true, truncate: true });
  } catch (error) {
    throw new UserError(
      `--json=${path} cannot be written (${(error as Error).message}); give a path in a folder that exists`,
    );
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
