/**
 * jax-js as a contestant, in a process of its own.
 * @module
 */
import { deno, root } from "../../cli/train_command.ts";
import type { PeerModelName } from "./models.ts";
import { type Peer, startPeer } from "./process.ts";

/**
 * No import, which a lock file would note: then every `deno task`, also of users, would install it. For the same reason no lock
 * file is used where it is imported.
 */
const JAX = "npm:@jax-js/jax@0.1.25";

/** What it is called in tables. */
export const jaxName: string = JAX.slice("npm:".length);

/** Fetches the package where it is not there. Undefined if it now is, else why not. */
export async function missingJax(): Promise<string | undefined> {
  const args = ["cache", "-q", "--no-lock", JAX];
  const { success } = await new Deno.Command(deno, { args, cwd: root }).output();
  return success ? undefined : `${jaxName} is absent and cannot be fetched`;
}

/** Starts the process: on one thread, or with as many workers as jax-js starts of itself. */
export function startJax(model: PeerModelName, threads: "1" | "all", blockSteps: number): Peer {
  const args = ["run", "--no-prompt", "--no-lock", "--allow-read", "--allow-env", "bench/peers/jax_process.ts"];
  return startPeer(deno, [...args, JAX, model, threads], { blockSteps });
}
