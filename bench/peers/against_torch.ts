/**
 * The figure of peers.
 * @module
 */
import { type BackendChoice, chooseBackend } from "../../runtime/backend.ts";
import type { Figure, Row } from "../figure.ts";
import { type Case, cases, setting } from "../peers/cases.ts";
import { coreText, type CoreType, fastestCoreType } from "../peers/core_type.ts";
import { startOpenBlas, withOpenBlas } from "../peers/openblas.ts";
import type { Peer } from "../peers/process.ts";
import { findTorch, startTorch } from "../peers/torch.ts";
import { interleaved, ratios, spread } from "../timing.ts";
import { type Trainee, trainee } from "../trainee.ts";

const COMPARED = 5; // steps
const TOLERANCE = 1e-3; // of losses: float32, summed in another order, over some steps

/** What ours is compared with. */
interface Rival {
  readonly python: string;
  readonly version: string;
  /** The kernels that both sides take of OpenBLAS: torch's best. */
  readonly core: CoreType;
  /** What computes here with them. */
  readonly choice: BackendChoice;
}

/** How far torch is ahead. */
export const figure: Figure = {
  description: "a step on wasm over one of torch on one thread, the same model, weights and batches",
  quickly: "without the autoencoder and ResNet-20",
  measure: async (quick) => {
    const torch = await findTorch();
    if (torch === undefined) {
      return cases.map((test) => ({
        what: nameOf(test),
        unit: "×",
        target: test.target,
        detail: "no Python with torch here",
      }));
    }
    const core = await fastestCoreType(torch.python);
    const rival = { ...torch, core, choice: await withOpenBlas(core) };
    await chooseBackend("wasm", { blas: "off", threads: 1 });
    const rows: Row[] = [];
    for (const [index, { slow }] of cases.entries()) {
      if (!(quick && slow)) rows.push(...await measured(index, rival, quick ? 4 : 15));
    }
    return rows;
  },
};

const nameOf = ({ update, what }: Case): string => `${update}, ${what}`;

async function measured(index: number, { python, version, core, choice }: Rival, rounds: number): Promise<Row[]> {
  const { layers, blockSteps, update, ...test } = cases[index], trained = await setting(cases[index]);
  await using torch = await startTorch(python, { ...trained, layers, update }, blockSteps, core);
  using embedded = trainee({ ...trained, blockSteps });
  await using library = test.withOpenBlas && choice.blas && startOpenBlas(index, blockSteps, core);
  const contestants: Record<string, Peer | Trainee> = { torch, embedded, ...library && { library } };
  const losses: Record<string, number[]> = {};
  for (const [name, contestant] of Object.entries(contestants)) losses[name] = await contestant.losses(COMPARED);
  const times = await interleaved(contestants, rounds);

  const row = (name: "embedded" | "library", what: string, target: Row["target"], how: string): Row => {
    const difference = Math.max(...losses[name].map((loss, i) => Math.abs(loss / losses.torch[i] - 1)));
    if (!(difference < TOLERANCE)) {
      return { what, unit: "×", target, detail: `losses differ: ${losses[name]} and ${losses.torch}` };
    }
    return {
      what,
      unit: "×",
      target,
      result: spread(ratios(times[name], times.torch)),
      detail:
        `${[times[name], times.torch].map((x) => spread(x).median.toFixed(1)).join(" / ")} ms; torch ${version} ` +
        `at its best, ${coreText(core)}${how}; losses of ${COMPARED} steps agree to ${difference.toExponential(0)}`,
    };
  };
  const name = nameOf(cases[index]), what = `${name}, with OpenBLAS`;
  const rows = [row("embedded", name, test.target, "")];
  if (choice.blas && library) {
    rows.push(row("library", what, test.withOpenBlas, `, ours with OpenBLAS ${choice.blas.version} likewise`));
  } else if (test.withOpenBlas) rows.push({ what, unit: "×", target: test.withOpenBlas, detail: choice.reason });
  return rows;
}
