/**
 * Training many runs: which have ended before, which go on, which begin anew.
 * @module
 */
import { join } from "node:path";
import pLimit from "p-limit";
import { UserError } from "../runtime/errors.ts";
import { sameConfig } from "../runs/config.ts";
import { DamagedError, moveAside, unlessMissing } from "../runtime/files/damaged.ts";
import { files, hasConfig, isEmpty, readRun, writeConfig } from "../runs/folder.ts";
import { earlierOutcome, type Execute, type Job, type Outcome, reasonOf, writeFailure } from "./job.ts";

/** Ctrl-C; what the processes have done is saved. */
export class Interrupted extends Error {
  /** The class. */
  override readonly name: string = "Interrupted";
}

/** Trains runs. */
export interface Trainer {
  /** Trains a run, or goes on with it, unless it has ended before. @throws {@linkcode Interrupted} */
  train(job: Job): Promise<Outcome>;
  /** What trains now. */
  readonly training: ReadonlySet<Job>;
}

const DIVERGED = 3, INTERRUPTED = 130;
const POLL_MS = 200;

/**
 * A trainer that executes at most `jobs` runs at a time.
 *
 * @param interruption When it aborts, the runs save and end; a run that was interrupted aborts it.
 * @param tell Is told where a run was put that had to be begun anew.
 * @param execute Executes a run, wherever that is.
 */
export function trainer(
  jobs: number,
  interruption: AbortController,
  tell: (text: string) => void,
  execute: Execute,
): Trainer {
  const { signal } = interruption, turn = pLimit(jobs), training = new Set<Job>();

  async function executed(job: Job): Promise<Outcome> {
    if (signal.aborted) throw new Interrupted();
    await Deno.mkdir(job.folder, { recursive: true });
    if (!await hasConfig(job.folder)) await writeConfig(job.folder, job.config);
    const execution = await execute(job.folder, signal), { code } = execution;
    if (code === INTERRUPTED || execution.signal === "SIGINT") interruption.abort(); // the terminal sends Ctrl-C to all processes
    const outcome = await earlierOutcome(job);
    if (outcome) return outcome;
    if (signal.aborted) throw new Interrupted();
    const reason = reasonOf(execution), diverged = code === DIVERGED;
    const failed = { kind: "failed", diverged, exitCode: code, reason } as const;
    if (diverged) await writeFailure(job.folder, failed);
    return failed;
  }

  async function train(job: Job): Promise<Outcome> {
    return await turn(async () => { // asked for before anything is awaited: jobs keep their order
      const before = await earlierOutcome(job);
      if (before) return before;
      training.add(job);
      try {
        for (;;) { // a process whose command was killed may come first
          await released(job.folder, signal);
          const ended = await earlierOutcome(job);
          if (ended) return ended;
          await makeRoom(job, tell);
          const outcome = await executed(job);
          if (outcome.kind === "finished" || !await isTaken(job.folder)) return outcome;
        }
      } finally {
        training.delete(job);
      }
    });
  }
  return { train, training };
}

/** The same without the checkpoints of runs that have ended for good: the largest file of a run, which nobody will go on with. */
export function withoutCheckpoints({ train, training }: Trainer): Trainer {
  return {
    train: async (job) => {
      const outcome = await train(job), ended = outcome.kind === "finished" || outcome.diverged;
      if (ended) await Deno.remove(join(job.folder, files.checkpoint)).catch(() => {}); // one that diverged early has none
      return outcome;
    },
    training,
  };
}

/** Moves away what stands in the folder where the run cannot go on with it. */
async function makeRoom(job: Job, tell: (text: string) => void): Promise<void> {
  const empty = await isEmpty(job.folder).catch(unlessMissing(true));
  const obstacle = empty ? undefined : await obstacleIn(job);
  if (obstacle === undefined) return;
  const { why, what } = obstacle;
  tell(`${what}: it is kept as ${await moveAside(job.folder, why)}, and trained anew`);
}

async function obstacleIn({ folder, config, inOneGo }: Job): Promise<
  { readonly why: Parameters<typeof moveAside>[1]; readonly what: string } | undefined
> {
  if (inOneGo) return { why: "interrupted", what: `${folder} was interrupted` };
  if (!await hasConfig(folder)) return { why: "damaged", what: `${folder} is no run` };
  try {
    const { config: here } = await readRun(folder);
    if (!sameConfig(here, config)) return { why: "outdated", what: `${folder} is of another configuration` };
  } catch (error) {
    if (error instanceof DamagedError) return { why: "damaged", what: error.message.split(";")[0] };
    if (!(error instanceof UserError)) throw error; // the process will say the same
  }
}

/** Waits for a process that trains in the folder although the command that started it was killed. */
async function released(folder: string, signal: AbortSignal): Promise<void> {
  while (await isTaken(folder)) {
    if (signal.aborted) throw new Interrupted();
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Whether a process trains in the folder. */
async function isTaken(folder: string): Promise<boolean> {
  using metrics = await Deno.open(join(folder, files.metrics), { write: true }).catch(() => undefined);
  return metrics !== undefined && !await metrics.tryLock(true);
}
