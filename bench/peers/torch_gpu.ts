/**
 * torch on a GPU as a contestant, in a process of its own.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Problem } from "../../proximal/problem.ts";
import { type Dataset, disposeBatch } from "../../data/dataset.ts";
import { sampler } from "../../data/sampler.ts";
import { type Peer, pythonThat, startPeer } from "./process.ts";

const BATCHES = 16; // which it trains on again and again
const ASK = "import torch; print(torch.__version__, torch.cuda.get_device_name(), hasattr(torch, 'compile'), sep='|')";

/** A Python whose torch has a GPU. */
export interface TorchGpu {
  readonly python: string;
  readonly version: string;
  /** The GPU's name. */
  readonly device: string;
  /** Whether this version has `torch.compile`. */
  readonly compiles: boolean;
}

/** What torch trains, a perceptron that classifies, and how. */
export interface TorchGpuCase {
  readonly problem: Problem;
  readonly widths: readonly number[];
  readonly train: Dataset;
  readonly batchSize: number;
  readonly update: "sgd" | "momentum" | "adam";
  readonly rate: number;
  readonly mode: "eager" | "compile";
  /** As torch calls it. */
  readonly device: "cuda" | "cpu";
}

/** Looks for it; undefined where there is none. */
export async function findTorchGpu(): Promise<TorchGpu | undefined> {
  const found = await pythonThat(ASK);
  if (!found) return undefined;
  const [version, device, compiles] = found.answer.split("|");
  return { python: found.python, version, device, compiles: compiles === "True" };
}

/** Starts the process with the weights of seed 0 and the first batches of seed 0. */
export async function startTorchGpu(python: string, peer: TorchGpuCase, blockSteps: number): Promise<Peer> {
  const { widths, batchSize, update, rate, mode, device } = peer;
  const file = await Deno.makeTempFile();
  await Deno.writeFile(file, await numbers(peer));
  const args = [file, widths.join("-"), batchSize, update, rate, mode, device].map(String);
  const process = startPeer(python, ["bench/peers/torch_gpu_process.py", ...args], { blockSteps });
  return {
    ...process,
    [Symbol.asyncDispose]: async () => {
      await process[Symbol.asyncDispose]();
      await Deno.remove(file);
    },
  };
}

/** Initial weights and batches, one after the other. */
async function numbers({ problem, widths, train, batchSize }: TorchGpuCase): Promise<Uint8Array<ArrayBuffer>> {
  const order = sampler(train.size, batchSize, 0);
  const batches = Array.from({ length: BATCHES }, (_, step) => train.batch(order.indices(step)));
  const { params, buffers } = problem.model.init(0);
  const weights = widths.slice(1).flatMap((_, i) => [params[`dense${i + 1}/kernel`], params[`dense${i + 1}/bias`]]);
  const tensors = [
    ...weights,
    ...batches.map(({ inputs }) => inputs.x as tf.Tensor),
    ...batches.map(({ targets }) => targets),
  ];
  const parts = await Promise.all(tensors.map((tensor) => tensor.data() as Promise<Float32Array | Int32Array>));
  const bytes = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
  batches.forEach(disposeBatch);
  tf.dispose([params, buffers]);
  return bytes;
}
