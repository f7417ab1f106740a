/**
 * Kronecker-structured linear maps on wasm, without temporaries the size of a layer.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";
import { along, NUMBER } from "./threads/split.ts";

/** The rows that are worked on together where there is no A to say it. */
const STRIP = 64;

type Inputs = Readonly<Record<string, tf.TensorInfo | undefined>>;

/** A (S² ∘ (Aᵀ G B)) Bᵀ. A and B, where they are given, are `[n, n]` or stacks of blocks `[blocks, size, size]`. The caller frees it. */
export function kronecker(context: WorkContext, { g, scale, a, b }: Inputs): tf.TensorInfo {
  const [rows, columns] = g!.shape, out = context.backend.makeOutput(g!.shape, "float32");
  const { place, scratch, bytes, sizes: [height, width] } = prepared(context, [a, b], columns);
  const [atG, atScale, atA, atB, to] = [g, scale, a, b, out].map(place), row = 4 * columns;
  const work = 2 * rows * columns * ((a ? 2 * height : 0) + (b ? 2 * width : 0) + NUMBER);
  const loop = { count: rows, unit: height, work, scratch: { argument: 9, bytes } };
  along(context, "kronecker", loop, ({ from, size }) => { // whole blocks of A
    const skip = from * row, factors = [atA && atA + 4 * from * height, height, atB, width];
    return [atG + skip, atScale + skip, ...factors, size, columns, to + skip, scratch];
  });
  return out;
}

/** ∇⟨C, A (S² ∘ (Aᵀ G B)) Bᵀ⟩ in S, A and B: those that are given, in this order. The caller frees them. */
export function kroneckerGradients(context: WorkContext, { g, c, scale, a, b }: Inputs): tf.TensorInfo[] {
  const [rows, columns] = g!.shape;
  const [outS, outA, outB] = [scale, a, b].map((x) => x && context.backend.makeOutput(x.shape, "float32"));
  const { place, scratch, sizes } = prepared(context, [a, b], columns);
  const factors = [place(a), sizes[0], place(b), sizes[1]], results = [place(outA), place(outB), place(outS)];
  context.kernels.kroneckerGradients(place(g), place(c), place(scale), ...factors, rows, columns, ...results, scratch);
  return [outS, outA, outB].filter((x) => x !== undefined);
}

function prepared(
  { backend, kernels, workspace }: WorkContext,
  factors: readonly (tf.TensorInfo | undefined)[],
  columns: number,
) {
  const sizes = factors.map((factor) => factor?.shape[factor.shape.length - 1] ?? STRIP);
  const bytes = kernels.kroneckerBytes(sizes[0] * columns), scratch = workspace.take(bytes);
  return { scratch, bytes, sizes, place: (x?: tf.TensorInfo) => x ? addressOf(backend, x) : 0 };
}
