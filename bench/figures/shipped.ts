/**
 * tfjs as shipped, as a contestant: kernels are mended for a whole process, so it runs in another one.
 * @module
 */
import { deno } from "../../cli/train_command.ts";
import type { PeerModelName, PeerUpdate } from "../peers/models.ts";
import { type Peer, startPeer } from "../peers/process.ts";

/** Starts the process. */
export function startShipped(model: PeerModelName, update: PeerUpdate, blockSteps: number): Peer {
  const args = ["run", "--no-prompt", "--allow-read", "--allow-env", "bench/figures/shipped_process.ts", model, update];
  return startPeer(deno, args, { blockSteps });
}
