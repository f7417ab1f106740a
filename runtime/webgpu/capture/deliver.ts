/**
 * The end of a step: results go to where they belong.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Tensor, Tensors } from "../../tensor.ts";
import { bufferOf, bytesOf, type WebgpuBackend } from "../backend.ts";
import { emptyTensor } from "./place.ts";

/** A result: where it is and what it is. */
export interface Source {
  readonly buffer: GPUBuffer;
  readonly shape: number[];
  readonly dtype: tf.DataType;
}

/** What a step leaves behind, by name. */
export interface Sources {
  /** For the places of the same names. */
  readonly home: Readonly<Record<string, Source>>;
  /** For the caller. */
  readonly fresh: Readonly<Record<string, Source>>;
}

/** Where tensors are. A tensor without elements is nowhere, and needs not be. */
export function sourcesOf(backend: WebgpuBackend, tensors: Tensors): Readonly<Record<string, Source>> {
  const full = Object.entries(tensors).filter(([, { size }]) => size > 0);
  return Object.fromEntries(full.map(([name, tensor]) => {
    const { shape, dtype } = tensor;
    return [name, { buffer: bufferOf(backend, tensor), shape, dtype }];
  }));
}

/**
 * Submits an encoder with copies at its end: `fresh` into new tensors, which the caller owns, `home` into the places.
 */
export function deliver(
  backend: WebgpuBackend,
  encoder: GPUCommandEncoder,
  places: Tensors,
  { home, fresh }: Sources,
): Tensors {
  const copy = (from: GPUBuffer, to: GPUBuffer, bytes: number) => encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
  const copied = Object.entries(fresh).map(([name, { buffer, shape, dtype }]): [string, Tensor] => {
    const tensor = emptyTensor(backend, shape, dtype);
    copy(buffer, bufferOf(backend, tensor), bytesOf(tensor));
    return [name, tensor];
  });
  const own = new Set(Object.values(places).filter(({ size }) => size > 0).map((place) => bufferOf(backend, place)));
  const moves = Object.entries(home).map(([name, source]) => ({ ...source, to: bufferOf(backend, places[name]) }))
    .filter(({ buffer, to }) => buffer !== to);
  const aside = new Map<GPUBuffer, GPUBuffer>(); // what comes from another place is read before anything is written there
  for (const { buffer, shape } of moves) {
    if (!own.has(buffer) || aside.has(buffer)) continue;
    const spare = backend.bufferManager.acquireBuffer(bytesOf({ shape }), buffer.usage);
    copy(buffer, spare, bytesOf({ shape }));
    aside.set(buffer, spare);
  }
  for (const { buffer, to, shape } of moves) copy(aside.get(buffer) ?? buffer, to, bytesOf({ shape }));
  backend.queue.submit([encoder.finish()]);
  aside.forEach((spare) => backend.bufferManager.releaseBuffer(spare));
  return Object.fromEntries(copied);
}
