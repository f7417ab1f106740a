/**
 * What residual networks share: stages of blocks.
 * @module
 */
import { UserError } from "../../runtime/errors.ts";
import { conv2d } from "../layers/conv2d.ts";
import type { BlockOptions } from "../layers/residual.ts";
import { series } from "../layers/series.ts";
import type { Module } from "../module.ts";

/** How large each stage is. */
export interface Stages {
  /** Channels. */
  readonly widths: readonly number[];
  /** Numbers of blocks. */
  readonly blocks: readonly number[];
}

/** The modules `stage1`, `stage2`, … of `block1`, …: the first block of each stage but the first has stride 2. */
export function stagesOf({ widths, blocks }: Stages, block: (options: BlockOptions) => Module): Record<string, Module> {
  const stages = widths.map((filters, i) => {
    const all = Array.from({ length: blocks[i] }, (_, j) => block({ filters, stride: i > 0 && j === 0 ? 2 : 1 }));
    return [`stage${i + 1}`, series(Object.fromEntries(all.map((one, j) => [`block${j + 1}`, one])))];
  });
  return Object.fromEntries(stages);
}

/** The convolution before the first stage. */
export function stem(filters: number): Module {
  return conv2d({ filters, window: 3, padding: 1, bias: "none", init: "he" });
}

/**
 * The three stages of a network whose depth is 6n + `rest`: n blocks of two convolutions each. Each stage doubles the width.
 *
 * @param rest How many layers the depth counts besides those.
 * @throws `UserError` for another depth.
 */
export function threeStages(depth: number, rest: number, width: number): Stages {
  const n = (depth - rest) / 6;
  if (!(Number.isInteger(n) && n >= 1)) {
    const remedy = `give 6n + ${rest}, such as ${6 + rest}, ${12 + rest} or ${18 + rest}`;
    throw new UserError({ argument: "depth", value: depth, remedy });
  }
  return { widths: [width, 2 * width, 4 * width], blocks: [n, n, n] };
}
