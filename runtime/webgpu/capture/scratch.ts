/**
 * Buffers for what captured steps compute on the way.
 * @module
 */
import type { BufferManager, WebgpuBackend } from "../backend.ts";

/** What several captures use in turn: only one runs at a time, and none needs it from one step to the next. */
export class Scratch implements Disposable {
  readonly #manager: BufferManager;
  readonly #free = new Map<string, GPUBuffer[]>();

  /** Nothing yet; buffers are tfjs's own, whose figures of memory go on counting. */
  constructor({ bufferManager }: WebgpuBackend) {
    this.#manager = bufferManager;
  }

  /** A buffer that is free. */
  take(size: number, usage: number): GPUBuffer | undefined {
    return this.#free.get(`${size} ${usage}`)?.pop();
  }

  /** Gives a buffer to use again. */
  put(buffer: GPUBuffer): void {
    const key = `${buffer.size} ${buffer.usage}`, free = this.#free.get(key) ?? [];
    free.push(buffer);
    this.#free.set(key, free);
  }

  /** Destroys what is free. */
  [Symbol.dispose](): void {
    for (const buffer of [...this.#free.values()].flat()) this.#manager.releaseBuffer(buffer, false);
    this.#free.clear();
  }
}
