/**
 * The command `deno task blas`: another command, with the permission to load OpenBLAS. It is a task of its own because Deno cannot
 * confine native code: who may load a library may in effect do everything.
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import { meant } from "../runtime/nearest.ts";
import { exitCodeOf } from "./failure.ts";

const commands = {
  train: () => import("./train.ts"),
  compare: () => import("./compare.ts"),
  reproduce: () => import("./reproduce.ts"),
  "find-rate": () => import("./find_rate.ts"),
};

const HELP =
  `Runs a command with matrix products by the system's OpenBLAS, where there is one and it knows the processor.

  deno task blas train --optimizer=adam
  deno task blas compare --budget=60s
  deno task blas reproduce autoencoder --full
  deno task blas find-rate --optimizer=adam

The flags are the command's: deno task blas train --help. The backend line says which library was taken, or why none
was; --blas=FILE takes that one, if --allow-ffi in the task of deno.json names it. OpenBLAS is native code, which Deno
cannot confine: the other tasks do not load it.`;

/** Runs the command with these arguments, and returns its exit code; 2 for a command that is unknown. */
export async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === "--help") {
    console.log(HELP);
    return name === undefined ? 2 : 0;
  }
  try {
    if (!Object.hasOwn(commands, name)) {
      const names = Object.keys(commands);
      throw new UserError(`deno task blas ${name} is unknown; ${meant(name, names, `there are: ${names.join(", ")}`)}`);
    }
    const { main } = await commands[name as keyof typeof commands]();
    return await main(args);
  } catch (error) {
    return exitCodeOf(error, "the same command");
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
