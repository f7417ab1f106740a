/**
 * The buffers of a capture.
 * @module
 */
import type { BufferManager, Uniforms, WebgpuBackend } from "../backend.ts";

/**
 * While a step is recorded all buffers come from here and return here. One that the step gives up may serve it again, as in a
 * replay the order is the same; none returns to tfjs before the capture is disposed of. What the host wrote is never written over:
 * a replay needs it.
 */
export class Pool {
  readonly #manager: BufferManager;
  readonly #acquire: BufferManager["acquireBuffer"];
  readonly #release: BufferManager["releaseBuffer"];
  readonly #all = new Set<GPUBuffer>();
  readonly #inUse = new Set<GPUBuffer>();
  readonly #free = new Map<string, GPUBuffer[]>();
  readonly #written = new Set<GPUBuffer>();

  /** An empty pool on top of tfjs's own, whose figures of memory go on counting. */
  constructor({ bufferManager }: WebgpuBackend) {
    this.#manager = bufferManager;
    this.#acquire = bufferManager.acquireBuffer;
    this.#release = bufferManager.releaseBuffer;
  }

  /** As tfjs's. */
  acquire(size: number, usage: number, mapped = false): GPUBuffer {
    const reused = mapped ? undefined : this.#free.get(`${size} ${usage}`)?.pop();
    // a mapped one must be new: into another tfjs would copy by a command, and from a buffer that is not there any more at a replay
    const buffer = reused ?? this.#acquire.call(this.#manager, size, usage, mapped, !mapped);
    if (mapped) this.#written.add(buffer);
    this.#all.add(buffer);
    this.#inUse.add(buffer);
    return buffer;
  }

  /** As tfjs's; a buffer that is not the pool's goes to where it came from. */
  release(buffer: GPUBuffer, reuse?: boolean): void {
    if (!this.#all.has(buffer)) return this.#release.call(this.#manager, buffer, reuse);
    this.#inUse.delete(buffer);
    if (this.#written.has(buffer)) return;
    const key = `${buffer.size} ${buffer.usage}`;
    this.#free.set(key, [...this.#free.get(key) ?? [], buffer]);
  }

  /** Uniform buffers of equal contents are one. `make` is tfjs's way to make one of a backend that gets its buffers from here. */
  sharedUniforms(
    backend: WebgpuBackend,
    make: (uniforms: Uniforms) => GPUBufferBinding,
  ): WebgpuBackend["makeUniforms"] {
    const known = new Map<string, GPUBufferBinding>();
    return (uniforms) => {
      const contents = JSON.stringify(uniforms.map(({ type, data }) => [type, ...Array.from(data, bits)]));
      const found = known.get(contents);
      if (found) return found;
      const binding = make(uniforms);
      backend.uniformPendingDisposal.pop(); // it stays
      this.#written.add(binding.buffer);
      known.set(contents, binding);
      return binding;
    };
  }

  /** Gives back what is free; the rest is in the hands of tensors. For a step that will not be replayed. */
  abandon(): void {
    this.#giveBack((buffer) => !this.#inUse.has(buffer) || (buffer.usage & GPUBufferUsage.UNIFORM) !== 0);
  }

  /** Destroys all. */
  dispose(): void {
    this.#giveBack(() => true);
  }

  #giveBack(which: (buffer: GPUBuffer) => boolean): void {
    for (const buffer of this.#all) if (which(buffer)) this.#release.call(this.#manager, buffer, false);
    this.#all.clear();
    this.#free.clear();
  }
}

/** Tells apart what JSON does not: NaN, infinities and −0. */
const bits = (x: number): string => Object.is(x, -0) ? "-0" : String(x);
