/**
 * Runs in processes of their own: none can take the others with it, and each has its memory and its compiled code to itself.
 * @module
 */
import { join } from "node:path";
import { UserError } from "../runtime/errors.ts";
import { flagWords } from "../cli/flags.ts";
import { deno, root, trainArguments } from "../cli/train_command.ts";
import { DamagedError, moveAside, unlessMissing } from "../runtime/files/damaged.ts";
import { files, isEmpty, readRun } from "../runs/folder.ts";
import { earlierOutcome, hasBegun, type Job, type Outcome, reasonOf, writeFailure } from "./job.ts";
import { turns } from "./turns.ts";

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
 * A trainer that runs at most `jobs` processes at a time.
 *
 * @param interruption When it aborts, the processes save and end; a process that was interrupted aborts it.
 * @param tell Is told where a run was put that had to be begun anew.
 */
export function trainer(jobs: number, interruption: AbortController, tell: (text: string) => void): Trainer {
  const { signal } = interruption, turn = turns(jobs), training = new Set<Job>();
  let command: Promise<string[]> | undefined;

  async function process(job: Job): Promise<Outcome> {
    const args = [...await (command ??= trainArguments()), "--quiet", ...await wordsOf(job)];
    if (signal.aborted) throw new Interrupted();
    const env = { NO_COLOR: "1", APO_DATA: "" }; // which data is settled by the flags
    const child = new Deno.Command(deno, { args, cwd: root, env, stdin: "null", stdout: "null", stderr: "piped" })
      .spawn();
    const interrupt = () => {
      try {
        child.kill("SIGINT");
      } catch {
        // it has just ended by itself
      }
    };
    signal.addEventListener("abort", interrupt);
    const { code, signal: killedBy, stderr } = await child.output();
    signal.removeEventListener("abort", interrupt);
    if (code === INTERRUPTED || killedBy === "SIGINT") interruption.abort(); // the terminal sends Ctrl-C to all processes
    const outcome = await earlierOutcome(job);
    if (code === 0 && outcome) return outcome;
    if (signal.aborted) throw new Interrupted();
    const reason = reasonOf(new TextDecoder().decode(stderr), { code, signal: killedBy });
    const failed = { kind: "failed", diverged: code === DIVERGED, exitCode: code, reason } as const;
    if (failed.diverged) await writeFailure(job.folder, failed);
    return failed;
  }

  async function train(job: Job): Promise<Outcome> {
    return await turn(async () => { // asked for before anything is awaited: jobs keep their order
      const before = await earlierOutcome(job);
      if (before) return before;
      training.add(job);
      try {
        await released(job.folder, signal);
        const ended = await earlierOutcome(job);
        if (ended) return ended;
        await makeRoom(job, tell);
        return await process(job);
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

/** A new run, or one that goes on. */
async function wordsOf({ folder, given, steps }: Job): Promise<string[]> {
  return await hasBegun(folder) ? [`--resume=${folder}`] : [...flagWords(given), `--steps=${steps}`, `--out=${folder}`];
}

/** Moves away what stands in the folder where the run cannot go on with it. */
async function makeRoom(job: Job, tell: (text: string) => void): Promise<void> {
  const empty = await isEmpty(job.folder).catch(unlessMissing(true));
  const obstacle = empty ? undefined : await obstacleIn(job);
  if (obstacle === undefined) return;
  const { why, what } = obstacle;
  tell(`${what}: it is kept as ${await moveAside(job.folder, why)}, and trained anew`);
}

async function obstacleIn({ folder, steps, inOneGo }: Job): Promise<
  { readonly why: Parameters<typeof moveAside>[1]; readonly what: string } | undefined
> {
  if (inOneGo) return { why: "interrupted", what: `${folder} was interrupted` };
  if (!await hasBegun(folder)) return { why: "damaged", what: `${folder} is no run` };
  try {
    const { config } = await readRun(folder);
    if (config.settings.steps !== steps) return { why: "outdated", what: `${folder} is of other steps` };
  } catch (error) {
    if (error instanceof DamagedError) return { why: "damaged", what: error.message.split(";")[0] };
    if (!(error instanceof UserError)) throw error; // the process will say the same
  }
}

/** Waits for a process that trains in the folder although the command that started it was killed. */
async function released(folder: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    using metrics = await Deno.open(join(folder, files.metrics), { write: true }).catch(() => undefined);
    if (metrics === undefined || await metrics.tryLock(true)) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Interrupted();
}
