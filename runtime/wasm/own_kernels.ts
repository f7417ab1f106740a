/**
 * Kernels that tfjs has no name for, on wasm.
 * @module
 */
import { ALL_FINITE } from "../all_finite.ts";
import { DRAW } from "../chance.ts";
import { DENSE, DENSE_GRADIENT } from "../dense_layer.ts";
import { ELEMENTWISE } from "../elementwise/elementwise.ts";
import { KRONECKER, KRONECKER_GRADIENTS } from "../kronecker.ts";
import { addKernel } from "../mend.ts";
import { PARITY_SIGNS, RANDOM_LINES } from "../parity_signs.ts";
import { ROW_LOSS } from "../row_loss.ts";
import { registerSelect } from "../select.ts";
import { INNER_PRODUCT, SQUARED_DISTANCE } from "../tree.ts";
import { BLOCK_PRODUCTS, TWO_SIDED } from "../two_sided.ts";
import { allFinite } from "./all_finite.ts";
import { draw, randomLines } from "./chance.ts";
import { dense, denseGradient } from "./dense_layer.ts";
import { elementwise } from "./elementwise.ts";
import { kernel } from "./kernel.ts";
import { kronecker, kroneckerGradients } from "./kronecker.ts";
import { innerProduct, squaredDistance } from "./pairs.ts";
import { paritySigns } from "./parity_signs.ts";
import { rowLoss } from "./row_loss.ts";
import { blockProducts, twoSided } from "./two_sided.ts";

/** Registers them. */
export function addOwnKernels(): void {
  addKernel(ELEMENTWISE, "wasm", kernel(elementwise));
  addKernel(ALL_FINITE, "wasm", kernel(allFinite));
  addKernel(INNER_PRODUCT, "wasm", kernel(innerProduct));
  addKernel(SQUARED_DISTANCE, "wasm", kernel(squaredDistance));
  addKernel(DRAW, "wasm", kernel(draw));
  addKernel(DENSE, "wasm", kernel(dense));
  addKernel(DENSE_GRADIENT, "wasm", kernel(denseGradient));
  addKernel(KRONECKER, "wasm", kernel(kronecker));
  addKernel(KRONECKER_GRADIENTS, "wasm", kernel(kroneckerGradients));
  addKernel(PARITY_SIGNS, "wasm", kernel(paritySigns));
  addKernel(RANDOM_LINES, "wasm", kernel(randomLines));
  addKernel(ROW_LOSS, "wasm", kernel(rowLoss));
  addKernel(TWO_SIDED, "wasm", kernel(twoSided));
  addKernel(BLOCK_PRODUCTS, "wasm", kernel(blockProducts));
  registerSelect("wasm");
}
