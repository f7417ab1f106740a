/**
 * How far torch is ahead.
 * @module
 */
import { type BackendChoice, chooseBackend } from "../../runtime/backend.ts";
import { threadsText } from "../../runtime/wasm/threads/choice.ts";
import type { Figure, Row } from "../figure.ts";
import { type Contestant, interleaved, ratios, spread } from "../timing.ts";
import { trainee } from "../trainee.ts";
import { type Case, cases, type Goals, setting } from "./cases.ts";
import { coreText, type CoreType, fastestCoreType } from "./core_type.ts";
import { startOpenBlas, withOpenBlas } from "./openblas.ts";
import { findTorch, startTorch } from "./torch.ts";

const COMPARED = 5; // steps
const TOLERANCE = 1e-3; // of losses: float32, summed in another order, over some steps
const PAUSE = 100; // milliseconds before a block on several cores: threads of the one before still look for work

/** What ours is compared with. */
interface Rival {
  readonly python: string;
  readonly version: string;
  /** The kernels that both sides take of OpenBLAS: torch's best. */
  readonly core: CoreType;
  /** What computes here with them. */
  readonly choice: BackendChoice;
  /** On how many threads both sides compute. */
  readonly threads: number;
}

/** The figure with so many threads on both sides. */
export function againstTorch(threads: number): Figure {
  return {
    description: `a step on wasm over one of torch, ${
      threadsText(threads, threads)
    } each, the same model, weights and batches`,
    quickly: "without the autoencoder and ResNet-20",
    measure: async (quick, tell) => {
      const torch = await findTorch();
      if (torch === undefined) {
        return cases.map((test) => ({
          ...{ what: nameOf(test), unit: "×", target: goals(test, threads).target },
          detail: "no Python with torch here",
        }));
      }
      const core = await fastestCoreType(torch.python);
      const rival = { ...torch, core, choice: await withOpenBlas(core, threads), threads };
      await chooseBackend("wasm", { blas: "off", threads });
      const rows: Row[] = [];
      for (const [index, test] of cases.entries()) {
        tell(nameOf(test));
        if (!(quick && test.slow)) rows.push(...await measured(index, rival, quick ? 4 : 15));
      }
      return rows;
    },
  };
}

const nameOf = ({ update, what }: Case): string => `${update}, ${what}`;

const goals = (test: Case, threads: number): Goals => threads === 1 ? test : test.onAllCores ?? {};

/** Begins only when nobody else computes any more, and with a block that does not count, as threads are asleep. */
const alone = ({ block }: Contestant): Contestant => ({
  block: async () => {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    await block();
    return await block();
  },
});

async function measured(
  index: number,
  { python, version, core, choice, threads }: Rival,
  rounds: number,
): Promise<Row[]> {
  const test = cases[index], { layers, blockSteps, update } = test, trained = await setting(test);
  const goal = goals(test, threads), name = nameOf(test);
  const peer = { ...trained, layers, update };
  await using torch = await startTorch(python, peer, { blockSteps, core, threads });
  await using onOne = threads > 1 ? await startTorch(python, peer, { blockSteps, core, threads: 1 }) : null;
  using embedded = trainee({ ...trained, blockSteps });
  await using library = choice.blas && startOpenBlas(index, { blockSteps, core, threads });
  const contestants = { torch, ...onOne && { onOne }, embedded, ...library && { library } };
  const losses: Record<string, number[]> = {};
  for (const [name, contestant] of Object.entries(contestants)) losses[name] = await contestant.losses(COMPARED);
  const turns = Object.entries(contestants).map(([name, one]) => [name, threads > 1 ? alone(one) : one]);
  const times = await interleaved(Object.fromEntries(turns) as Record<string, Contestant>, rounds);

  const median = (name: string) => spread(times[name]).median;
  const best = onOne && median("onOne") < median("torch") ? "onOne" : "torch"; // threads can wait for each other for long
  const row = (name: "embedded" | "library", what: string, target: Row["target"], how: string): Row => {
    const difference = Math.max(...losses[name].map((loss, i) => Math.abs(loss / losses.torch[i] - 1)));
    if (!(difference < TOLERANCE)) {
      return { what, unit: "×", target, detail: `losses differ: ${losses[name]} and ${losses.torch}` };
    }
    return {
      what,
      unit: "×",
      target,
      result: spread(ratios(times[name], times[best])),
      detail: `${[name, best].map((x) => median(x).toFixed(1)).join(" / ")} ms; torch ${version} at its best, ` +
        `${best === "onOne" ? "on 1 thread, " : ""}${coreText(core)}${how}; losses of ${COMPARED} steps agree to ${
          difference.toExponential(0)
        }`,
    };
  };
  const rows = [row("embedded", name, goal.target, "")], what = `${name}, with OpenBLAS`;
  if (choice.blas && library) {
    rows.push(row("library", what, goal.withOpenBlas, `, ours with OpenBLAS ${choice.blas.version} likewise`));
  } else rows.push({ what, unit: "×", target: goal.withOpenBlas, detail: choice.reason });
  return rows;
}
