/**
 * Convolutions of images.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { biased } from "../../runtime/biased.ts";
import { positiveWhole } from "../../runtime/errors.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import type { Windows } from "../../runtime/windows.ts";
import { type Activation, activations, checkActivation, initFor } from "../activations.ts";
import { type Init, initialKernel } from "../init.ts";
import type { Module } from "../module.ts";
import { type Padding, windowsOver } from "../windows.ts";

/** Options of {@linkcode conv2d}. */
export interface Conv2dOptions {
  /** Output channels. */
  readonly filters: number;
  /** Height and width of the window; one number for a square. */
  readonly window: number | readonly [height: number, width: number];
  /** Default: 1. */
  readonly stride?: number;
  /** Zeros around the image. Default: `"same"`. */
  readonly padding?: Padding;
  /** Default: `"linear"`. */
  readonly activation?: Activation;
  /** Default: `"separate"`. Leave it out before batchNorm, which takes it away again. */
  readonly bias?: "separate" | "none";
  /** Default: what suits the activation. */
  readonly init?: Init;
}

/** Cross-correlation of inputs `[batch, height, width, channels]`; the kernel is `[…window, channels, filters]`. */
export function conv2d(options: Conv2dOptions): Module {
  const { filters, window, stride = 1, padding = "same", activation = "linear", bias = "separate", init } = options;
  positiveWhole("conv2d: filters", filters);
  checkActivation("conv2d: activation", activation);
  return {
    kind: "conv",
    build: (site, input) => {
      const sides = typeof window === "number" ? [window, window] as const : window;
      const windows = windowsOver("conv2d", input, { window: sides, stride, padding });
      const shape = [...sides, input[2], filters];
      const kernel = site.param("kernel", {
        shape,
        role: "conv",
        init: (random) => initialKernel(init ?? initFor[activation], shape, random),
      });
      const shift = bias === "separate"
        ? site.param("bias", { shape: [filters], role: "bias", init: () => tf.zeros([filters]) })
        : undefined;
      const map = site.map({ kernel, bias: shift, windows });
      const product = convolution(windows, input);
      return {
        output: [...windows.counts, filters],
        apply: (pass, x) => {
          const y = product(x, pass.param(kernel)), b = shift && pass.param(shift);
          const fused = b && activation !== "linear" && !pass.tapped && biased(y, b, activation);
          if (fused) return fused;
          const outputs: Tensor = b ? tf.add(y, b) : y;
          return activations[activation](pass.use(map, { inputs: x, outputs }));
        },
      };
    },
  };
}

/** The convolution with these windows, by tfjs's own margins where they are the same: it has kernels for them. */
function convolution(windows: Windows, image: readonly number[]): (x: Tensor, kernel: Tensor) => Tensor {
  const { window, stride, margins } = windows;
  const same = windowsOver("conv2d", image, { window, stride, padding: "same" }).margins;
  const pad: tf.backend_util.ExplicitPadding | "same" = `${same}` === `${margins}`
    ? "same"
    : [[0, 0], [...margins[0]], [...margins[1]], [0, 0]];
  return (x, kernel) => tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, stride, pad);
}

/** Images with their margins, filled with a value. */
export function padded(x: Tensor, { margins: [rows, columns] }: Windows, value: number): Tensor {
  if ([...rows, ...columns].every((margin) => margin === 0)) return x;
  return tf.pad(x, [[0, 0], [...rows], [...columns], [0, 0]], value);
}
