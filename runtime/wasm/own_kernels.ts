/**
 * Kernels that tfjs has no name for, on wasm.
 * @module
 */
import { ALL_FINITE } from "../all_finite.ts";
import { ATTENTION, ATTENTION_GRADIENT } from "../attention.ts";
import { BATCH_NORM, BATCH_NORM_GRADIENT, NORMALIZE } from "../batch_norm.ts";
import { DRAW } from "../chance.ts";
import { BIASED } from "../biased.ts";
import { ACTIVATION_GRADIENT, DENSE } from "../dense_layer.ts";
import { ELEMENTWISE } from "../elementwise/elementwise.ts";
import { KRONECKER, KRONECKER_GRADIENTS } from "../kronecker.ts";
import { LAYER_NORM, LAYER_NORM_GRADIENT } from "../layer_norm.ts";
import { PARITY_SIGNS, RANDOM_LINES } from "../parity_signs.ts";
import { PATCH_MOMENTS } from "../patch_moments.ts";
import { ROUND } from "../precision/round.ts";
import { ROUND_RESULT } from "../precision/round_result.ts";
import { ROW_LOSS } from "../row_loss.ts";
import { registerSelect } from "../select.ts";
import { INNER_PRODUCT, SQUARED_DISTANCE } from "../tree.ts";
import { BLOCK_PRODUCTS, TWO_SIDED } from "../two_sided.ts";
import { allFinite } from "./all_finite.ts";
import { attention, attentionGradient } from "./attention.ts";
import { batchNorm, batchNormGradient, normalize } from "./batch_norm.ts";
import { draw, randomLines } from "./chance.ts";
import { activationGradient, biased } from "./biased.ts";
import { dense } from "./dense_layer.ts";
import { elementwise } from "./elementwise.ts";
import { kronecker, kroneckerGradients } from "./kronecker.ts";
import { layerNorm, layerNormGradient } from "./layer_norm.ts";
import { innerProduct, squaredDistance } from "./pairs.ts";
import { paritySigns } from "./parity_signs.ts";
import { patchMoments } from "./patch_moments.ts";
import type { Registration } from "./registration.ts";
import { round, roundResult } from "./round.ts";
import { rowLoss } from "./row_loss.ts";
import { blockProducts, twoSided } from "./two_sided.ts";

/** Registers them. */
export function addOwnKernels(kernels: Registration): void {
  kernels.add(ELEMENTWISE, elementwise);
  kernels.add(ALL_FINITE, allFinite);
  kernels.add(ATTENTION, attention);
  kernels.add(ATTENTION_GRADIENT, attentionGradient);
  kernels.add(BATCH_NORM, batchNorm);
  kernels.add(BATCH_NORM_GRADIENT, batchNormGradient);
  kernels.add(NORMALIZE, normalize);
  kernels.add(INNER_PRODUCT, innerProduct);
  kernels.add(SQUARED_DISTANCE, squaredDistance);
  kernels.add(DRAW, draw);
  kernels.add(DENSE, dense);
  kernels.add(BIASED, biased);
  kernels.add(ACTIVATION_GRADIENT, activationGradient);
  kernels.add(KRONECKER, kronecker);
  kernels.add(KRONECKER_GRADIENTS, kroneckerGradients);
  kernels.add(LAYER_NORM, layerNorm);
  kernels.add(LAYER_NORM_GRADIENT, layerNormGradient);
  kernels.add(PARITY_SIGNS, paritySigns);
  kernels.add(RANDOM_LINES, randomLines);
  kernels.add(PATCH_MOMENTS, patchMoments);
  kernels.add(ROUND, round);
  kernels.add(ROUND_RESULT, roundResult);
  kernels.add(ROW_LOSS, rowLoss);
  kernels.add(TWO_SIDED, twoSided);
  kernels.add(BLOCK_PRODUCTS, blockProducts);
  registerSelect("wasm");
}
