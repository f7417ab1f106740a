/**
 * Kernels that tfjs has no name for, on wasm.
 * @module
 */
import { ALL_FINITE } from "../all_finite.ts";
import { DENSE, DENSE_GRADIENT } from "../dense_layer.ts";
import { ELEMENTWISE } from "../elementwise/elementwise.ts";
import { KRONECKER, KRONECKER_GRADIENTS } from "../kronecker.ts";
import { addKernel } from "../mend.ts";
import { ROW_LOSS } from "../row_loss.ts";
import { registerSelect } from "../select.ts";
import { INNER_PRODUCT, SQUARED_DISTANCE } from "../tree.ts";
import { allFinite } from "./all_finite.ts";
import { dense, denseGradient } from "./dense_layer.ts";
import { elementwise } from "./elementwise.ts";
import { kernel } from "./kernel.ts";
import { kronecker, kroneckerGradients } from "./kronecker.ts";
import { innerProduct, squaredDistance } from "./pairs.ts";
import { rowLoss } from "./row_loss.ts";

/** Registers them. */
export function addOwnKernels(): void {
  addKernel(ELEMENTWISE, "wasm", kernel(elementwise));
  addKernel(ALL_FINITE, "wasm", kernel(allFinite));
  addKernel(INNER_PRODUCT, "wasm", kernel(innerProduct));
  addKernel(SQUARED_DISTANCE, "wasm", kernel(squaredDistance));
  addKernel(DENSE, "wasm", kernel(dense));
  addKernel(DENSE_GRADIENT, "wasm", kernel(denseGradient));
  addKernel(KRONECKER, "wasm", kernel(kronecker));
  addKernel(KRONECKER_GRADIENTS, "wasm", kernel(kroneckerGradients));
  addKernel(ROW_LOSS, "wasm", kernel(rowLoss));
  registerSelect("wasm");
}
