/**
 * Replaces and adds kernels of tfjs's wasm backend.
 * @module
 */
import { addRow } from "./add_row.ts";
import { atLeast } from "./at_least.ts";
import { averagePoolGradient } from "./average_pool.ts";
import { batchMatMul } from "./batch_mat_mul.ts";
import type { WorkContext } from "./context.ts";
import { convolution, filterGradient, inputGradient, maxPoolGradient } from "./convolution.ts";
import { type FusedAttributes, fusedMatMul } from "./fused_mat_mul.ts";
import { gather } from "./gather.ts";
import { alias } from "./heap.ts";
import { log1p } from "./log1p.ts";
import { map, maps } from "./maps.ts";
import { oneHot } from "./one_hot.ts";
import { addOwnKernels } from "./own_kernels.ts";
import { Registration } from "./registration.ts";
import { segmentSum } from "./segment_sum.ts";
import { slice } from "./slice.ts";
import { split } from "./split.ts";
import { mean, sum } from "./sum.ts";
import { tile } from "./tile.ts";

let current: WorkContext | undefined;

/** What the kernels work with now. */
export function currentContext(): WorkContext | undefined {
  return current;
}

/**
 * Makes training on wasm complete, right and several times faster. Call it when the backend runs, and again for another context.
 *
 * @param context What the kernels work with from now on.
 */
export function mendWasm(context: WorkContext): void {
  const kernels = new Registration(context);
  current = context;
  // tfjs's message for other types
  kernels.replace<{ transposeA: boolean; transposeB: boolean }>("BatchMatMul", (context, { a, b }, attributes) => {
    if (a.dtype !== "float32" || b.dtype !== "float32") return undefined;
    return batchMatMul(context, a, b, attributes.transposeA, attributes.transposeB);
  });
  kernels.replace<FusedAttributes>("_FusedMatMul", (context, inputs, attributes) => {
    if (inputs.a.dtype !== "float32" || inputs.b.dtype !== "float32") return undefined;
    return fusedMatMul(context, inputs, attributes);
  });
  kernels.replace("Add", addRow);
  kernels.replace("GreaterEqual", atLeast);
  kernels.replace("Sum", sum);
  kernels.replace("Mean", mean);
  kernels.replace("Slice", slice);
  kernels.replace("SplitV", split);
  kernels.replace("Tile", tile);
  kernels.replace("GatherV2", gather);
  kernels.replace("OneHot", oneHot);
  // tfjs copies; every gradient saves clones of its inputs, and relu's casts float32 to float32
  kernels.replace("Identity", ({ backend }, { x }) => alias(backend, x));
  kernels.replace<{ dtype: string }>("Cast", ({ backend }, { x }, { dtype }) => {
    return x.dtype === dtype ? alias(backend, x) : undefined;
  });
  // the gradient of every look-up of rows transposes the table's to what it is
  kernels.replace<{ perm: number[] }>("Transpose", ({ backend }, { x }, { perm }) => {
    return perm.every((from, to) => from === to) ? alias(backend, x) : undefined;
  });
  kernels.replace("Log1p", log1p);
  for (const name of Object.keys(maps) as (keyof typeof maps)[]) {
    kernels.replace(name, (context, { x }) => x.dtype === "float32" ? map(context, name, x) : undefined);
  }
  kernels.replace("Conv2D", convolution);
  kernels.replace("Conv2DBackpropInput", inputGradient);
  kernels.add("Conv2DBackpropFilter", filterGradient);
  kernels.replace("MaxPoolGrad", maxPoolGradient);
  kernels.replace("AvgPoolGrad", averagePoolGradient);
  kernels.add("UnsortedSegmentSum", segmentSum);
  addOwnKernels(kernels);
}
