/**
 * The data that a step makes while it is watched.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { allocated, bytesAt, bytesOf, created, dropped, moved, type MovingBackend } from "./data.ts";
import { originalOf } from "./hooks.ts";
import type { Scratch } from "./scratch.ts";

/** In a rehearsal: what a step makes comes from the heap and returns there. */
export class Made {
  /** The backend that has the data. */
  protected readonly backend: MovingBackend;
  readonly #owned: ReadonlySet<number>;
  readonly #own = new Set<object>();
  readonly #constants = new Set<object>();
  readonly #numbers = new Map<object, number>();
  /** What views show. */
  readonly #owners = new Map<object, object>();
  readonly #free = new Map<number, number>();
  #bytes = 0;

  /** @param owned The numbers of data that no others may share memory with: what is still needed when the step is over. */
  constructor(backend: MovingBackend, owned: ReadonlySet<number> = new Set()) {
    this.backend = backend;
    this.#owned = owned;
  }

  /** How many bytes a capture would keep: memory that the step gives up serves it again for something of the same size. */
  get bytes(): number {
    return this.#bytes;
  }

  /** All data, in the order in which they were made. */
  get all(): Iterable<object> {
    return this.#numbers.keys();
  }

  /** The number of data, from 0 on; undefined of those that were there before. */
  numberOf(dataId: object): number | undefined {
    return this.#numbers.get(dataId);
  }

  /** Whether data have memory that is theirs alone. */
  owns(dataId: object): boolean {
    return this.#own.has(dataId);
  }

  /** Whether that memory may be exchanged for other memory: all that is in it is made anew at each replay. */
  mayMove(dataId: object): boolean {
    return this.owns(dataId) && !this.#constants.has(dataId);
  }

  /**
   * New data: as tfjs's `write`, with or without values.
   *
   * @param role Whether a kernel writes them, at each replay anew, or the host has, once for all.
   */
  make(
    values: ArrayBufferView | null,
    shape: number[],
    dtype: tf.DataType,
    role: "result" | "constant",
  ): object {
    const number = this.#numbers.size, bytes = bytesOf({ shape, dtype }), free = this.#free.get(bytes) ?? 0;
    const owns = role === "constant" || bytes === 0 || this.#owned.has(number);
    if (free > 0 && !owns) this.#free.set(bytes, free - 1);
    else this.#bytes += bytes;
    const dataId = this.place(values, shape, dtype, owns);
    this.#numbers.set(dataId, number);
    if (owns) this.#own.add(dataId);
    if (role === "constant") this.#constants.add(dataId);
    return dataId;
  }

  /** Data of their own that lie where others do, for as long as they are there. */
  view(of: object): object {
    const owner = this.owner(of), { memoryOffset, shape, dtype } = this.backend.dataIdMap.get(owner);
    originalOf(this.backend).incRef(owner);
    const dataId = created(this.backend, memoryOffset, shape, dtype);
    this.#owners.set(dataId, owner);
    this.#numbers.set(dataId, this.#numbers.size);
    return dataId;
  }

  /** Whose memory data lie in: of a view not its own. */
  owner(dataId: object): object {
    return this.#owners.get(dataId) ?? dataId;
  }

  /** As tfjs's `disposeData`. */
  dispose(dataId: object): boolean {
    if (!this.#numbers.has(dataId)) return originalOf(this.backend).disposeData(dataId);
    const data = this.backend.dataIdMap.get(dataId), owner = this.#owners.get(dataId);
    data.refCount -= 1;
    if (data.refCount > 0) return false;
    if (owner) {
      this.freeView(dataId);
      this.#disposeOwner(owner);
    } else {
      const bytes = bytesOf(data);
      if (!this.owns(dataId)) this.#free.set(bytes, (this.#free.get(bytes) ?? 0) + 1);
      this.free(dataId);
    }
    return true;
  }

  /** Those that somebody still holds. */
  alive(): object[] {
    const { dataIdMap } = this.backend;
    return [...this.#numbers.keys()].filter((dataId) => dataIdMap.has(dataId) && dataIdMap.get(dataId).refCount > 0);
  }

  /** The end: what is alive belongs to tfjs from now on, views get memory of their own. */
  release(): void {
    for (const dataId of this.alive()) {
      const owner = this.#owners.get(dataId);
      if (!owner) continue;
      const address = allocated(this.backend, bytesOf(this.backend.dataIdMap.get(dataId)));
      this.backend.wasm.HEAPU8.set(bytesAt(this.backend, dataId), address);
      moved(this.backend, dataId, address);
      this.#owners.delete(dataId);
      this.#disposeOwner(owner);
    }
  }

  /** tfjs's engine counts the data that it has tensors of, and was told before that these are still there. */
  #disposeOwner(owner: object): void {
    if (this.dispose(owner)) tf.engine().removeDataId(owner, tf.backend());
  }

  /** New data in their place. */
  protected place(values: ArrayBufferView | null, shape: number[], dtype: tf.DataType, _owns: boolean): object {
    return originalOf(this.backend).write(values, shape, dtype);
  }

  /** Gives up data that nobody holds any more. */
  protected free(dataId: object): void {
    this.backend.wasm._free(this.backend.dataIdMap.get(dataId).memoryOffset);
    dropped(this.backend, dataId);
  }

  /** Gives up a view. */
  protected freeView(dataId: object): void {
    dropped(this.backend, dataId);
  }
}

/** In a recording: data stay where they are, so that a replay can make them again; memory that the step gives up serves it again. */
export class Kept extends Made {
  readonly #scratch: Scratch;

  /** @param scratch Where memory comes from and goes to that others may share. */
  constructor(backend: MovingBackend, owned: ReadonlySet<number>, scratch: Scratch) {
    super(backend, owned);
    this.#scratch = scratch;
  }

  /** Gives everything up that nobody holds. */
  end(): void {
    this.release();
    const alive = new Set(this.alive());
    for (const dataId of this.all) {
      if (alive.has(dataId)) continue;
      if (this.owns(dataId)) this.backend.wasm._free(this.backend.dataIdMap.get(dataId).memoryOffset);
      dropped(this.backend, dataId);
    }
  }

  protected override place(
    values: ArrayBufferView | null,
    shape: number[],
    dtype: tf.DataType,
    owns: boolean,
  ): object {
    const bytes = bytesOf({ shape, dtype }),
      address = owns ? allocated(this.backend, bytes) : this.#scratch.take(bytes);
    if (values) this.backend.wasm.HEAPU8.set(new Uint8Array(values.buffer, values.byteOffset, bytes), address);
    return created(this.backend, address, shape, dtype);
  }

  protected override free(dataId: object): void {
    if (this.owns(dataId)) return;
    const data = this.backend.dataIdMap.get(dataId);
    this.#scratch.put(bytesOf(data), data.memoryOffset);
  }

  protected override freeView(): void {}
}
