/**
 * Kronecker-structured preconditioners.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { identityFactor } from "../../runtime/block_factor.ts";
import { positive, positiveWhole } from "../../runtime/errors.ts";
import { kronecker, type KroneckerForm, kroneckerGradients } from "../../runtime/kronecker.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import { mapTensors } from "../../runtime/tree.ts";
import { matrixSides, oversized } from "../matrix_sides.ts";
import type { Learned } from "../optimizer.ts";
import { factorConditions } from "./factor_conditions.ts";
import type { RateOptions } from "./log_rates.ts";
import type { Parameterization } from "./parameterization.ts";
import { quantiles } from "./quantiles.ts";

/** Options of {@linkcode kfacStructured}. */
export interface KfacStructuredOptions extends RateOptions {
  /** A and B larger than this become block-diagonal. Default: full. */
  readonly blockSize?: number;
}

/**
 * `$P = (A\otimes B)\,\mathrm{diag}(\mathrm{vec}\,S)^2\,(A\otimes B)^\top$` for each kernel: the shape of KFAC's
 * preconditioner (Martens & Grosse 2015), positive semi-definite by construction, and nothing is inverted. A is always on the
 * side of the inputs. For a kernel stored `[in, out]`, as here, `$P g = A\,(S^2\odot(A^\top G\,B))\,B^\top$` with S `[in, out]`.
 *
 * A and B start at the identity, S at √η₀. Convolutions are reshaped to `[height · width · in, out]`. Embeddings have no A (it
 * would be vocabulary × vocabulary), and a kernel whose outputs are {@linkcode oversized} has no B: the scales S do what a diagonal
 * B would. Parameters that are no matrix have S alone: the diagonal form. The groups of φ are `A`, `B` and `S`.
 *
 * @throws `UserError` for a rate that is not positive or a block size that is no positive whole number.
 */
export function kfacStructured({ learningRate = 0.01, blockSize }: KfacStructuredOptions = {}): Parameterization {
  positive("learningRate", learningRate);
  if (blockSize !== undefined) positiveWhole("blockSize", blockSize);
  return {
    init: (params, leaves) => {
      const phi: Record<string, Tensor> = {};
      for (const [name, x] of Object.entries(params)) {
        const sides = matrixSides(x.shape, leaves[name]), [, noB] = oversized(x.shape, leaves[name]);
        if (sides && leaves[name]?.role !== "embedding") phi[`A/${name}`] = identityFactor(sides[0], blockSize);
        if (sides && !noB) phi[`B/${name}`] = identityFactor(sides[1], blockSize);
        phi[`S/${name}`] = tf.fill(sides ?? x.shape, Math.sqrt(learningRate));
      }
      return phi;
    },
    precondition: (phi, direction) => mapTensors(direction, (d, name) => apply(phi, name, d)),
    pullback: (phi, direction, cotangent) =>
      Object.fromEntries(
        Object.entries(direction).flatMap(([name, d]) => gradients(phi, name, d, cotangent[name])),
      ),
    scale: (phi, factor) => mapTensors(phi, (x, name) => name.startsWith("S/") ? tf.mul(x, tf.sqrt(factor)) : x),
    describe,
  };
}

/** The parameter's part of φ as a map of matrices. */
function formOf(phi: Tensors, name: string): KroneckerForm {
  return { scale: phi[`S/${name}`], a: phi[`A/${name}`], b: phi[`B/${name}`] };
}

function apply(phi: Tensors, name: string, direction: Tensor): Tensor {
  const form = formOf(phi, name);
  return tf.reshape(kronecker(form, tf.reshape(direction, form.scale.shape)), direction.shape);
}

function gradients(phi: Tensors, name: string, direction: Tensor, cotangent: Tensor): [string, Tensor][] {
  const form = formOf(phi, name), matrix = (x: Tensor): Tensor => tf.reshape(x, form.scale.shape);
  const { scale, a, b } = kroneckerGradients(form, matrix(direction), matrix(cotangent));
  return [
    ...(a ? [[`A/${name}`, a] as [string, Tensor]] : []),
    ...(b ? [[`B/${name}`, b] as [string, Tensor]] : []),
    [`S/${name}`, scale],
  ];
}

/** What is worth watching of A and B, and of S² smallest, median and largest. */
async function describe(phi: Tensors): Promise<Learned> {
  const scales = Object.entries(phi).filter(([name]) => name.startsWith("S/"));
  const values = await Promise.all(scales.map(([, scale]) => scale.data()));
  return {
    ...await factorConditions(phi, (name) => phi[`S${name.slice(1)}`].shape[name.startsWith("A/") ? 0 : 1]!),
    ...quantiles("S²", values.map((s) => s.map((x) => x * x))),
  };
}
