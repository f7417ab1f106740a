/**
 * Checkpoints: one safetensors file with all that going on needs.
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import type { HostArrays } from "../training/snapshot.ts";
import { writeWhole } from "../runtime/files/atomic.ts";
import { parseConfig, type RunConfig } from "./config.ts";
import { DamagedError } from "../runtime/files/damaged.ts";
import { decode, encode } from "./safetensors.ts";
import { sha256Hex } from "../runtime/files/sha256.ts";
import { narrowed, widened } from "./sixteen_bits.ts";

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
/** What is said of a checkpoint that cannot be used. */
export const REMEDY = "it is left as it is; train anew, in another folder";

/**
 * Writes a checkpoint whole or not at all. Arrays of a run with a `precision` whose values all fit 16 bits take 16: about half
 * the size, and no bit is lost.
 */
export async function saveCheckpoint(path: string, { step, arrays, config, metricsBytes }: Checkpoint): Promise<void> {
  const metadata = { kind: KIND, step: `${step}`, metricsBytes: `${metricsBytes}`, config: JSON.stringify(config) };
  const stored = config.precision === undefined ? arrays : narrowed(arrays);
  const sha256 = await sha256Hex(encode(stored, metadata));
  await writeWhole(path, encode(stored, { ...metadata, sha256 }));
}

/**
 * @throws `DamagedError` for a file that is truncated, corrupt or not a checkpoint, and `UserError` for one that cannot be read; the
 * file is left as it is.
 */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  const bytes = await Deno.readFile(path).catch((error) => {
    const { IsADirectory, NotCapable, PermissionDenied } = Deno.errors;
    if (![IsADirectory, NotCapable, PermissionDenied].some((kind) => error instanceof kind)) throw error;
    throw new UserError(`${path} cannot be read: ${error.message}; let it be read`);
  });
  const { arrays, metadata: { sha256, ...metadata } } = decoded(bytes, path);
  if (metadata.kind !== KIND) {
    throw new DamagedError(`${path} holds arrays but is no checkpoint of \`deno task train\`; ${REMEDY}`);
  }
  if (sha256 !== await sha256Hex(encode(arrays, metadata))) {
    throw new DamagedError(`${path} is corrupt: its content does not fit its checksum; ${REMEDY}`);
  }
  return {
    step: Number(metadata.step),
    metricsBytes: Number(metadata.metricsBytes),
    config: parseConfig(metadata.config, path),
    arrays: widened(arrays),
  };
}

function decoded(bytes: Uint8Array<ArrayBuffer>, path: string): ReturnType<typeof decode> {
  try {
    return decode(bytes, path);
  } catch (error) {
    throw error instanceof UserError ? new DamagedError(`${error.message}; ${REMEDY}`) : error;
  }
}
