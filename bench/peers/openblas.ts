/**
 * Ours with products by OpenBLAS as a contestant, in a process of its own.
 * @module
 */
import type { BackendChoice } from "../../runtime/backend.ts";
import { places } from "../../runtime/wasm/blas/places.ts";
import { deno, root } from "../../cli/train_command.ts";
import { type CoreType, environment } from "./core_type.ts";
import { type Peer, startPeer } from "./process.ts";
import type { PeerOptions } from "./torch.ts";

const ARGS = ["run", "--no-prompt", "--allow-read", "--allow-env", `--allow-ffi=${places}`];
const SCRIPT = "bench/peers/openblas_process.ts";

/** What computes on so many threads if OpenBLAS takes these kernels. */
export async function withOpenBlas(core: CoreType, threads: number): Promise<BackendChoice> {
  const args = [...ARGS, SCRIPT, `${threads}`];
  const { stdout } = await new Deno.Command(deno, { args, env: environment(core), cwd: root }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Starts the process for the case with this number. */
export function startOpenBlas(index: number, { blockSteps, core, threads }: PeerOptions): Peer {
  return startPeer(deno, [...ARGS, SCRIPT, `${threads}`, `${index}`], { env: environment(core), blockSteps });
}
