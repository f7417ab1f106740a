/**
 * Runs in processes of their own: none can take the others with it, and each has its memory and its compiled code to itself.
 * @module
 */
import { join } from "node:path";
import { flagWords } from "../cli/flags.ts";
import { deno, root, trainArguments } from "../cli/train_command.ts";
import { files } from "../runs/folder.ts";
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

const DIVERGED = 3, BAD_INPUT = 2, INTERRUPTED = 130;
const POLL_MS = 200;

/**
 * A trainer that runs at most `jobs` processes at a time.
 *
 * @param interruption When it aborts, the processes save and end; a process that was interrupted aborts it.
 */
export function trainer(jobs: number, interruption: AbortController): Trainer {
  const { signal } = interruption, turn = turns(jobs), training = new Set<Job>();
  let command: Promise<string[]> | undefined;

  async function process(job: Job): Promise<Outcome> {
    const args = [...await (command ??= trainArguments()), "--quiet", ...await wordsOf(job)];
    if (signal.aborted) throw new Interrupted();
    const old = await Deno.stat(job.folder).then(() => true, () => false);
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
    if (old && (code === 0 || code === BAD_INPUT)) { // its files are damaged, or of other steps
      await Deno.remove(job.folder, { recursive: true });
      return await process(job);
    }
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
        if (job.inOneGo) await Deno.remove(job.folder, { recursive: true }).catch(() => {}); // mostly there is none
        return await process(job);
      } finally {
        training.delete(job);
      }
    });
  }
  return { train, training };
}

/** The same without the checkpoints of runs that have ended: the largest file of a run, which nobody will go on with. */
export function withoutCheckpoints({ train, training }: Trainer): Trainer {
  return {
    train: async (job) => {
      const outcome = await train(job);
      await Deno.remove(join(job.folder, files.checkpoint)).catch(() => {}); // one that failed early has none
      return outcome;
    },
    training,
  };
}

/** A new run, or one that goes on. */
async function wordsOf({ folder, given, steps }: Job): Promise<string[]> {
  return await hasBegun(folder) ? [`--resume=${folder}`] : [...flagWords(given), `--steps=${steps}`, `--out=${folder}`];
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
