/**
 * Checkpoints: one safetensors file with all that going on needs.
 * @module
 */
import { UserError } from "../../runtime/errors.ts";
import type { HostArray, HostArrays } from "../training/snapshot.ts";
import { writeWhole } from "./atomic.ts";
import type { RunConfig } from "./config.ts";
import { decode, encode } from "./safetensors.ts";

/**
 * A point to go on from. Parameters, buffers and optimizer state are arrays by path. The random state needs none: every stream
 * is a function of the seed (in the configuration) and the step.
 */
export interface Checkpoint {
  /** Steps done. */
  readonly step: number;
  readonly arrays: HostArrays;
  readonly config: RunConfig;
  /** How long `metrics.jsonl` was: what stands behind that was logged after the checkpoint. */
  readonly metricsBytes: number;
}

const KIND = "apo-checkpoint-1";

/** Writes a checkpoint whole or not at all. */
export async function saveCheckpoint(path: string, { step, arrays, config, metricsBytes }: Checkpoint): Promise<void> {
  const metadata = {
    kind: KIND,
    step: `${step}`,
    metricsBytes: `${metricsBytes}`,
    config: JSON.stringify(config),
  };
  await writeWhole(path, encode(arrays, metadata));
}

/** @throws `UserError` for a file that is truncated, corrupt or not a checkpoint; the file is left as it is. */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  const { arrays, metadata } = decode(await Deno.readFile(path), path);
  const step = Number(metadata.step), metricsBytes = Number(metadata.metricsBytes);
  if (metadata.kind !== KIND || !Number.isInteger(step) || !Number.isInteger(metricsBytes)) {
    throw new UserError(`${path} holds arrays but is no checkpoint of \`deno task train\`; it is left as it is`);
  }
  return { step, metricsBytes, config: JSON.parse(metadata.config), arrays: arrays as Record<string, HostArray> };
}
