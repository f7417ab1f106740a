/**
 * Executing runs on this machine.
 * @module
 */
import { chooseThreads } from "../runtime/wasm/threads/choice.ts";
import { deno, root, trainArguments } from "./train_command.ts";
import type { Execute } from "../studies/job.ts";

/**
 * Runs in processes of their own: none can take the others with it, and each has its memory and its compiled code to itself.
 *
 * @param jobs How many run at a time.
 * @param threads Of each; `"auto"` divides the cores among them.
 */
export function processes(jobs = 1, threads: number | "auto" = "auto"): Execute {
  const each = threads === "auto" ? threadsOfEach(jobs) : threads;
  let command: Promise<string[]> | undefined;
  return async (folder, signal) => {
    const args = [...await (command ??= trainArguments()), "--quiet", `--resume=${folder}`, `--threads=${each}`];
    const child = new Deno.Command(deno, {
      args,
      cwd: root,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const interrupt = () => {
      try {
        child.kill("SIGINT");
      } catch {
        // it has just ended by itself
      }
    };
    if (signal.aborted) interrupt();
    signal.addEventListener("abort", interrupt);
    const { code, signal: killedBy, stderr } = await child.output();
    signal.removeEventListener("abort", interrupt);
    return { code, signal: killedBy, stderr: new TextDecoder().decode(stderr) };
  };
}

/** The threads of a process where so many run at a time on so many cores. */
export function threadsOfEach(jobs: number, cores: number = navigator.hardwareConcurrency): number {
  return chooseThreads("auto", Math.max(1, Math.floor(cores / jobs)));
}
