/**
 * Kernels of our own, which work on tfjs's heap. They are written in AssemblyScript in `assembly/`.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WasmBackend } from "./heap.ts";
import { bytes as relaxed } from "./kernels/relaxed.ts";
import { bytes as strict } from "./kernels/strict.ts";

/** What the module exports: functions of addresses and sizes, described in `assembly/`. */
interface Exports {
  product(...values: number[]): void;
  productBytes(): number;
  activationGradients(...values: number[]): void;
  addBiasAndActivate(...values: number[]): void;
  addRow(x: number, row: number, rows: number, columns: number, out: number): void;
  convolution(...values: number[]): void;
  drawLines(...values: number[]): void;
  drawSigns(...values: number[]): void;
  drawUniform(...values: number[]): void;
  dot(x: number, y: number, count: number): number;
  filterGradient(...values: number[]): void;
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
  mapExp(x: number, out: number, count: number): void;
  mapSigmoid(x: number, out: number, count: number): void;
  mapSoftplus(x: number, out: number, count: number): void;
  mapTanh(x: number, out: number, count: number): void;
  maxPoolGradient(...values: number[]): void;
  paritySigns(rows: number, height: number, columns: number, width: number, out: number): void;
  squaredDistance(x: number, y: number, count: number): number;
  segmentSum(...values: number[]): void;
  sumRows(x: number, rows: number, columns: number, out: number): void;
  sumColumns(x: number, rows: number, columns: number, out: number): void;
}

/** The kernels on one heap. */
export interface Kernels extends Exports {
  /** The address of memory to work in, so many bytes at least, until the next call. */
  workspace(bytes: number): number;
}

/** tfjs's flag that decides between the two builds. */
export const STRICT = "APO_WASM_STRICT";

const loaded = new WeakMap<WebAssembly.Memory, Record<string, Kernels>>();

/** The kernels on a backend's heap, in the build that the flag says. */
export function kernels({ wasm }: WasmBackend): Kernels {
  const { memory } = wasm.asm, build = tf.env().getBool(STRICT) ? strict : relaxed;
  const here = loaded.get(memory) ?? {};
  loaded.set(memory, here);
  return here[build] ??= load(wasm, build);
}

function load(wasm: WasmBackend["wasm"], base64: string): Kernels {
  const module = new WebAssembly.Module(fromBase64(base64));
  const exports = new WebAssembly.Instance(module, { env: { memory: wasm.asm.memory } }).exports as unknown as Exports;
  let address = 0, size = 0;
  const workspace = (bytes: number) => {
    if (bytes <= size) return address;
    if (size > 0) wasm._free(address);
    size = 0;
    address = wasm._malloc(bytes) >>> 0; // emscripten's addresses are signed
    if (address === 0) throw new Error(`wasm: ${bytes} bytes to work in do not fit into the heap of 4 GiB`);
    size = bytes;
    return address;
  };
  return { ...exports, workspace };
}

const fromBase64 = (text: string) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** Whether this engine has relaxed SIMD. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(fromBase64(relaxed));
}

/** Where a tensor's numbers begin. */
export function addressOf({ dataIdMap }: WasmBackend, { dataId }: tf.TensorInfo): number {
  return dataIdMap.get(dataId).memoryOffset;
}
