/**
 * Whether data are the same.
 * @module
 */
import type { Tensor, Tree } from "../runtime/tensor.ts";
import { flatten } from "../runtime/tree.ts";
import { sha256Hex } from "../runtime/files/sha256.ts";
import { random } from "../runtime/random.ts";
import { disposeBatch, type TaskData } from "./dataset.ts";

/** One of a model's inputs, as the data have it. */
export interface InputKind {
  /** The type of its numbers. */
  readonly dtype: Tensor["dtype"];
  /** The shape of one example. */
  readonly shape: readonly number[];
}

/** What tells data from others, and what a model gets of them. */
export interface Fingerprint {
  /**
   * The number of the recipe, a colon, and SHA-256 over names, types, shapes and bytes of all examples, to train, to test and to
   * validate on, or of what they are made of and a few examples. What other recipes give says nothing: {@linkcode comparable}.
   */
  readonly sha256: string;
  /** How many examples there are to train on, how many to test on, and how many to validate on where there are any. */
  readonly sizes: readonly [train: number, test: number, validation?: number];
  /** The model's inputs by name, those in groups by their path. */
  readonly inputs: Readonly<Record<string, InputKind>>;
}

/** Another one whenever the same data get another hash: or a run of before would be told that its data changed. */
const RECIPE = 2;
const CHUNK_BYTES = 2 ** 24;
const RANDOM_EXAMPLES = 8;

/** Reads all examples once, a few at a time, or a few examples and what all are made of. Needs a backend. */
export async function fingerprint(
  { train, test, validation }: Pick<TaskData, "train" | "test" | "validation">,
): Promise<Fingerprint> {
  const lines: string[] = [];
  let inputs: Fingerprint["inputs"] = {};
  for (const data of [train, test, validation]) {
    if (data === undefined) continue;
    lines.push(`${data.size} examples${data === validation ? " to validate on" : ""}`);
    /** Reads these examples, and returns how many bytes they are. */
    const read = async (chosen: readonly number[]): Promise<number> => {
      const { weights, ...others } = data.batch(chosen), batch = { ...others, ...weights && { weights } };
      let bytes = 1;
      try {
        if (data === train) inputs = kindsOf(batch.inputs);
        for (const [path, tensor] of Object.entries(flatten(batch))) {
          const { buffer, byteOffset, byteLength } = await tensor.data();
          bytes += byteLength;
          const sha256 = await sha256Hex(new Uint8Array(buffer, byteOffset, byteLength));
          lines.push(`${path} ${tensor.dtype} [${tensor.shape}] ${sha256}`);
        }
      } finally {
        disposeBatch(batch);
      }
      return bytes;
    };
    if (data.contents) {
      await read(spread(data.size));
      for (const bytes of data.contents) lines.push(await sha256Hex(bytes));
      continue;
    }
    for (let start = 0, rows = 1; start < data.size;) {
      const chosen = Array.from({ length: Math.min(rows, data.size - start) }, (_, i) => start + i);
      rows = Math.ceil(CHUNK_BYTES * chosen.length / await read(chosen));
      start += chosen.length;
    }
  }
  const always = [train.size, test?.size ?? 0] as const;
  const sizes: Fingerprint["sizes"] = validation ? [...always, validation.size] : always;
  const sha256 = await sha256Hex(new TextEncoder().encode(lines.join("\n")));
  return { sha256: `${RECIPE}:${sha256}`, sizes, inputs };
}

/** Whether two fingerprints are of one recipe: only then do different ones mean different data. */
export function comparable(a: Fingerprint, b: Fingerprint): boolean {
  const recipe = ({ sha256 }: Fingerprint) => sha256.split(":", 1)[0];
  return recipe(a) === recipe(b);
}

/** The first, the last, the middle and some random examples, as a `batch` may give others than the contents tell. */
function spread(size: number): number[] {
  const { integer } = random(0, "fingerprint");
  const some = Array.from({ length: RANDOM_EXAMPLES }, () => integer(size));
  return [...new Set([0, size - 1, Math.floor(size / 2), ...some])];
}

function kindsOf(inputs: Tree): Fingerprint["inputs"] {
  return Object.fromEntries(
    Object.entries(flatten(inputs)).map(([path, { dtype, shape }]) => [path, { dtype, shape: shape.slice(1) }]),
  );
}
