/**
 * torch as a contestant, in a process of its own.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Problem } from "../../proximal/problem.ts";
import { type Dataset, disposeBatch } from "../../data/dataset.ts";
import { sampler } from "../../data/sampler.ts";
import { encode } from "../../runs/safetensors.ts";
import type { StoredArray } from "../../runs/stored_array.ts";
import { type CoreType, environment } from "./core_type.ts";
import { type PeerUpdate, RATES } from "./models.ts";
import { type Peer, pythonThat, startPeer } from "./process.ts";

/** A layer as the torch script understands it. */
export type PeerLayer = Readonly<Record<string, string | number | readonly number[]>>;

/** What both train. */
export interface PeerCase {
  readonly problem: Problem;
  /** The same model, for peers. */
  readonly layers: readonly PeerLayer[];
  readonly train: Dataset;
  readonly batchSize: number;
  readonly update: PeerUpdate;
}

const BATCHES = 16; // which it trains on again and again

/** The Python that has torch, and the version; undefined where there is none. */
export async function findTorch(): Promise<{ python: string; version: string } | undefined> {
  const found = await pythonThat("import torch; print(torch.__version__)");
  return found && { python: found.python, version: found.answer };
}

/** A Python whose torch has a GPU. */
export interface TorchGpu {
  readonly python: string;
  readonly version: string;
  /** The GPU's name. */
  readonly device: string;
  /** Whether this version has `torch.compile`. */
  readonly compiles: boolean;
}

/** Looks for it; undefined where there is none. */
export async function findTorchGpu(): Promise<TorchGpu | undefined> {
  const told = "torch.__version__, torch.cuda.get_device_name(), hasattr(torch, 'compile')";
  const found = await pythonThat(`import torch; print(${told}, sep='|')`);
  if (!found) return undefined;
  const [version, device, compiles] = found.answer.split("|");
  return { python: found.python, version, device, compiles: compiles === "True" };
}

/** How a peer computes. */
export interface PeerOptions {
  readonly blockSteps: number;
  /** Which of OpenBLAS's kernels it takes. Default: its own choice. */
  readonly core?: CoreType;
  /** On the CPU. Default: 1. */
  readonly threads?: number;
  /** As torch calls it. Default: `"cpu"`. */
  readonly device?: "cpu" | "cuda";
  /** Default: `"eager"`. */
  readonly mode?: "eager" | "compile";
}

/** Starts the process with the weights of seed 0 and the first batches of seed 0. */
export async function startTorch(
  python: string,
  peer: PeerCase,
  { blockSteps, core, threads = 1, device = "cpu", mode = "eager" }: PeerOptions,
): Promise<Peer> {
  const file = await Deno.makeTempFile({ suffix: ".safetensors" });
  await Deno.writeFile(file, await described(peer));
  const env = { OMP_NUM_THREADS: `${threads}`, OPENBLAS_NUM_THREADS: `${threads}`, ...environment(core) };
  const args = ["bench/peers/torch_process.py", file, peer.update, String(RATES[peer.update]), device, mode];
  const process = startPeer(python, args, { env, blockSteps });
  return {
    ...process,
    [Symbol.asyncDispose]: async () => {
      await process[Symbol.asyncDispose]();
      await Deno.remove(file);
    },
  };
}

/** Initial weights and batches as a safetensors file. */
async function described({ problem, layers, train, batchSize }: PeerCase): Promise<Uint8Array> {
  const order = sampler(train.size, batchSize, 0);
  const batches = Array.from({ length: BATCHES }, (_, step) => train.batch(order.indices(step)));
  const { params, buffers } = problem.model.init(0);
  const inputs = Object.fromEntries(
    Object.keys(batches[0].inputs).map((name) => [
      name === "x" ? "inputs" : `inputs/${name}`,
      tf.stack(batches.map(({ inputs }) => inputs[name] as tf.Tensor)),
    ]),
  );
  const targets = tf.stack(batches.map(({ targets }) => targets));
  const stored: Record<string, StoredArray> = {};
  for (const [name, tensor] of Object.entries({ ...params, ...inputs, targets })) {
    const { shape, dtype } = tensor, data = await tensor.data();
    stored[name] = dtype === "int32"
      ? { dtype: "I32", shape, data: data as Int32Array }
      : { dtype: "F32", shape, data: data as Float32Array };
  }
  const bytes = encode(stored, { layers: JSON.stringify(layers) });
  batches.forEach(disposeBatch);
  tf.dispose([params, buffers, inputs, targets]);
  return bytes;
}
