/**
 * `deno task train` without `deno task`: what the task of deno.json runs.
 * @module
 */
import { fileURLToPath } from "node:url";
import { places } from "../runtime/wasm/blas/places.ts";
import configuration from "../deno.json" with { type: "json" };

/** The repository: where commands run. */
export const root: string = fileURLToPath(new URL("..", import.meta.url));

/** This Deno: the one program that the task's permissions let a command start. */
export const deno: string = Deno.execPath();

/**
 * The arguments of `deno` that the task gives: `run`, its permissions, and last of all the script. A process that may load OpenBLAS
 * passes this on.
 */
export async function trainArguments(): Promise<string[]> {
  const [program, ...words] = configuration.tasks.train.command
    .replace("$(deno task -q registry)", await registryFlags()).split(" ").filter(Boolean);
  if (program !== "deno" || words.some((word) => /[$"'&|;]/.test(word))) {
    throw new Error(
      `deno.json: the task "train" is more than one plain deno command: ${configuration.tasks.train.command}`,
    );
  }
  return words.toSpliced(-1, 0, ...nativeCode());
}

/** What `deno task blas` may do besides, if this process may. */
function nativeCode(): string[] {
  if (Deno.permissions.querySync({ name: "ffi", path: places[0] }).state !== "granted") return [];
  return [`--allow-ffi=${places.join(",")}`];
}

/** Where `@std` comes from on this machine. */
async function registryFlags(): Promise<string> {
  const { stdout } = await new Deno.Command(deno, { args: ["task", "-q", "registry"], cwd: root }).output();
  return new TextDecoder().decode(stdout).trim();
}
