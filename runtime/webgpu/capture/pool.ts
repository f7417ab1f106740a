/**
 * The buffers of a step that is recorded.
 * @module
 */
import type { BufferManager, Uniforms, WebgpuBackend } from "../backend.ts";
import type { Scratch } from "./scratch.ts";

/**
 * While a step is recorded all buffers come from here and return here. One that the step gives up may serve it again, as in a
 * replay the order is the same; none returns to tfjs. What the host wrote is never written over: a replay needs it.
 */
export class Pool {
  readonly #manager: BufferManager;
  readonly #acquire: BufferManager["acquireBuffer"];
  readonly #release: BufferManager["releaseBuffer"];
  readonly #scratch: Scratch;
  readonly #own = new Set<GPUBuffer>();
  readonly #written = new Set<GPUBuffer>();

  /** On top of tfjs's own, whose figures of memory go on counting. */
  constructor({ bufferManager }: WebgpuBackend, scratch: Scratch) {
    this.#manager = bufferManager;
    this.#acquire = bufferManager.acquireBuffer;
    this.#release = bufferManager.releaseBuffer;
    this.#scratch = scratch;
  }

  /** As tfjs's. */
  acquire(size: number, usage: number, mapped = false): GPUBuffer {
    const reused = mapped ? undefined : this.#scratch.take(size, usage);
    // a mapped one must be new: into another tfjs would copy by a command, and from a buffer that is not there any more at a replay
    const buffer = reused ?? this.#acquire.call(this.#manager, size, usage, mapped, !mapped);
    if (mapped) this.#written.add(buffer);
    this.#own.add(buffer);
    return buffer;
  }

  /** As tfjs's; a buffer that is not the pool's goes to where it came from. */
  release(buffer: GPUBuffer, reuse?: boolean): void {
    if (!this.#own.has(buffer)) return this.#release.call(this.#manager, buffer, reuse);
    this.#own.delete(buffer);
    if (!this.#written.has(buffer)) this.#scratch.put(buffer);
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

  /** Destroys what the host wrote, for a step that will not be replayed; but what a tensor still holds is that tensor's. */
  abandon(): void {
    for (const buffer of this.#written) {
      const held = this.#own.has(buffer) && (buffer.usage & GPUBufferUsage.UNIFORM) === 0;
      if (held) this.#written.delete(buffer);
    }
    this.dispose();
  }

  /** Destroys what the host wrote. */
  dispose(): void {
    for (const buffer of this.#written) this.#release.call(this.#manager, buffer, false);
    this.#written.clear();
  }
}

/** Tells apart what JSON does not: NaN, infinities and −0. */
const bits = (x: number): string => Object.is(x, -0) ? "-0" : String(x);
