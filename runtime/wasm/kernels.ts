/**
 * Kernels of our own, which work on tfjs's heap. They are written in AssemblyScript in `assembly/`.
 * @module
 */
import { bytes as relaxedBytes } from "./kernels/relaxed.ts";
import { bytes as strictBytes } from "./kernels/strict.ts";
import { type Code, codeOn } from "./threads/code.ts";

/** What the module exports: functions of addresses and sizes, described in `assembly/`. */
export interface Kernels {
  product(...values: number[]): void;
  productBytes(): number;
  activationGradients(...values: number[]): void;
  addBiasAndActivate(...values: number[]): void;
  addPatches(geometry: number, patches: number, images: number, count: number): void;
  addRow(x: number, row: number, rows: number, columns: number, out: number): void;
  atLeast(x: number, least: number, count: number, out: number): void;
  attention(...values: number[]): void;
  attentionBytes(queries: number, keys: number): number;
  attentionGradient(...values: number[]): void;
  averagePoolGradient(geometry: number, dy: number, x: number, batch: number): void;
  batchNormBytes(columns: number): number;
  batchNormGradient(...values: number[]): void;
  batchNormInputGradient(...values: number[]): void;
  convolution(...values: number[]): void;
  copyRuns(from: number, step: number, count: number, size: number, to: number): void;
  drawLines(...values: number[]): void;
  drawSigns(...values: number[]): void;
  drawUniform(...values: number[]): void;
  dot(x: number, y: number, count: number): number;
  filterGradient(...values: number[]): void;
  gatherRows(x: number, numbers: number, count: number, size: number, to: number): void;
  inputGradient(...values: number[]): void;
  convolutionBytes(line: number, patch: number, filter: number, image: number): number;
  kronecker(...values: number[]): void;
  kroneckerBytes(strip: number): number;
  kroneckerGradients(...values: number[]): void;
  bitsDivergence(...values: number[]): void;
  bitsLoss(...values: number[]): void;
  labelLoss(...values: number[]): void;
  softmaxDivergence(...values: number[]): void;
  softmaxLoss(...values: number[]): void;
  layPatches(geometry: number, images: number, first: number, count: number, to: number): void;
  layerNorm(...values: number[]): void;
  layerNormGradient(...values: number[]): void;
  mapExp(x: number, out: number, count: number): void;
  mapSigmoid(x: number, out: number, count: number): void;
  mapSoftplus(x: number, out: number, count: number): void;
  mapTanh(x: number, out: number, count: number): void;
  maxPoolGradient(...values: number[]): void;
  moments(...values: number[]): void;
  normalize(...values: number[]): void;
  paritySigns(rows: number, height: number, columns: number, width: number, out: number): void;
  repeatRuns(from: number, count: number, size: number, times: number, to: number): void;
  roundByChance(...values: number[]): number;
  roundNearest(x: number, count: number, exponent: number, mantissa: number, out: number): number;
  squaredDistance(x: number, y: number, count: number): number;
  segmentSum(...values: number[]): void;
  sumRows(x: number, rows: number, columns: number, out: number, width: number): void;
  sumMiddle(x: number, outer: number, rows: number, columns: number, out: number): void;
  sumColumns(x: number, rows: number, columns: number, out: number): void;
  turnFilter(filter: number, window: number, channels: number, outChannels: number, to: number): void;
  winograd(...values: number[]): void;
  winogradBytes(channels: number, outChannels: number, across: number): number;
  winogradFilterGradient(...values: number[]): void;
  winogradFilterSums(...values: number[]): void;
  winogradFilters(...values: number[]): void;
  winogradInputGradient(...values: number[]): void;
  winogradOutputs(...values: number[]): void;
  winogradTiles(...values: number[]): void;
}

/**
 * The kernels on a heap.
 *
 * @param strict Whether in the build that rounds alike on every processor; the other one needs {@linkcode hasRelaxedSimd}.
 */
export function instantiate(memory: WebAssembly.Memory, strict: boolean): Code<Kernels> {
  return codeOn(memory, decoded(strict ? strictBytes : relaxedBytes));
}

/** Whether this engine has relaxed SIMD. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(decoded(relaxedBytes));
}

/** The bytes of base64; Node before 25 and browsers before 2025 lack the method. */
function decoded(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64?.(text) ?? Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
