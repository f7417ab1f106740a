/**
 * Ours with products by OpenBLAS as a contestant, in a process of its own.
 * @module
 */
import type { BackendChoice } from "../../runtime/backend.ts";
import { places } from "../../runtime/wasm/blas/places.ts";
import { deno, root } from "../../cli/train_command.ts";
import { type CoreType, environment } from "./core_type.ts";
import { type Peer, startPeer } from "./process.ts";

const ARGS = ["run", "--no-prompt", "--allow-read", "--allow-env", `--allow-ffi=${places}`];
const SCRIPT = "bench/peers/openblas_process.ts";

/** What computes if OpenBLAS takes these kernels. */
export async function withOpenBlas(core: CoreType): Promise<BackendChoice> {
  const { stdout } = await new Deno.Command(deno, { args: [...ARGS, SCRIPT], env: environment(core), cwd: root })
    .output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Starts the process for the case with this number. */
export function startOpenBlas(index: number, blockSteps: number, core: CoreType): Peer {
  return startPeer(deno, [...ARGS, SCRIPT, String(index)], { env: environment(core), blockSteps });
}
