/**
 * Memory for what captured steps compute on the way.
 * @module
 */
import { allocated, isGone, type MovingBackend } from "./data.ts";

/** What several captures use in turn: only one runs at a time, and none needs it from one step to the next. */
export class Scratch {
  readonly #backend: MovingBackend;
  readonly #free = new Map<number, number[]>();

  /** Nothing yet. */
  constructor(backend: MovingBackend) {
    this.#backend = backend;
  }

  /** The address of so many bytes. */
  take(bytes: number): number {
    return this.#free.get(bytes)?.pop() ?? allocated(this.#backend, bytes);
  }

  /** Gives memory to use again. */
  put(bytes: number, address: number): void {
    const free = this.#free.get(bytes) ?? [];
    free.push(address);
    this.#free.set(bytes, free);
  }

  /** Gives back what is free. */
  clear(): void {
    if (isGone(this.#backend)) return;
    for (const address of [...this.#free.values()].flat()) this.#backend.wasm._free(address);
    this.#free.clear();
  }
}
