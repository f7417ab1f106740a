/**
 * The inputs of captured steps on wasm.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensors } from "../../tensor.ts";
import { mapTensors } from "../../tree.ts";
import { allocated, bytesAt, bytesOf, created, moved, type MovingBackend } from "./data.ts";
import { noteFinite } from "./deliver.ts";

/** Tensors that lie where the inputs of a step do, whichever they are: nothing is copied. */
export class Slots implements Disposable {
  readonly #backend: MovingBackend;
  readonly #finite: WeakSet<object>;
  /** By name; inputs with the same data share data here, too. */
  readonly tensors: Tensors;

  /** For inputs like these. */
  constructor(backend: MovingBackend, inputs: Tensors, finite: WeakSet<object>) {
    this.#backend = backend;
    this.#finite = finite;
    const shown = new Map<object, object>();
    this.tensors = mapTensors(inputs, ({ dataId: from, shape, dtype }) => {
      const before = shown.get(from);
      if (before) backend.incRef(before);
      const dataId = before ?? created(backend, backend.dataIdMap.get(from).memoryOffset, shape, dtype);
      shown.set(from, dataId);
      return tf.keep(tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype }));
    });
    this.show(inputs);
  }

  /** Lets the slots be these inputs, for as long as they are there. */
  show(inputs: Tensors): void {
    for (const [name, { dataId }] of Object.entries(this.tensors)) {
      const from = inputs[name].dataId;
      moved(this.#backend, dataId, this.#backend.dataIdMap.get(from).memoryOffset);
      noteFinite(this.#finite, dataId, this.#finite.has(from));
    }
  }

  /** Whether somebody else holds one of them. */
  areHeld(): boolean {
    return this.#data().some((dataId) => this.#holders(dataId) > this.#own(dataId));
  }

  /** Frees the slots; the inputs are not theirs. What others hold of them gets memory of its own. */
  [Symbol.dispose](): void {
    for (const dataId of this.#data()) {
      const held = this.#holders(dataId) > this.#own(dataId), data = this.#backend.dataIdMap.get(dataId);
      const address = held ? allocated(this.#backend, bytesOf(data)) : 0; // to free nothing is allowed
      if (held) this.#backend.wasm.HEAPU8.set(bytesAt(this.#backend, dataId), address);
      moved(this.#backend, dataId, address);
    }
    Object.values(this.tensors).forEach((slot) => slot.dispose());
  }

  #data(): object[] {
    return [...new Set<object>(Object.values(this.tensors).map(({ dataId }) => dataId))];
  }

  #holders(dataId: object): number {
    return this.#backend.dataIdMap.get(dataId).refCount;
  }

  #own(dataId: object): number {
    return Object.values(this.tensors).filter((slot) => slot.dataId === dataId).length;
  }
}
