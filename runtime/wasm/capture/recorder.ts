/**
 * Captured steps on wasm: one eager step is recorded, and then its kernels are called again and again without tfjs's engine.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { difference, type Log } from "../../capture/log.ts";
import type { Capture, Recorder, Step, StepResult, Tried } from "../../capture/step.ts";
import { SELECT } from "../../select.ts";
import type { Tensors } from "../../tensor.ts";
import { disposeTree, mapTensors } from "../../tree.ts";
import type { WorkContext } from "../context.ts";
import { currentContext } from "../mend_wasm.ts";
import type { MovingBackend } from "./data.ts";
import { deliver } from "./deliver.ts";
import { originalOf } from "./hooks.ts";
import { Kept, Made } from "./made.ts";
import { copiesOf, Replay, type Results } from "./replay.ts";
import { Scratch } from "./scratch.ts";
import { Slots } from "./slots.ts";
import { choices, type Seen, watched } from "./watch.ts";

/** Of all captures together. Steps that need more take so long that tfjs's part of it is nothing. */
const MOST_BYTES = 2 ** 28;

/** Records steps on wasm. */
export class WasmRecorder implements Recorder {
  readonly #context: WorkContext;
  readonly #backend: MovingBackend;
  readonly #scratch: Scratch;
  /** Of a rehearsal the numbers of data that others may not share memory with. */
  readonly #owned = new WeakMap<Log, ReadonlySet<number>>();
  /** Of all captures, as if they did not share any. */
  #bytes = 0;

  /** For these kernels. */
  constructor(context: WorkContext) {
    this.#context = context;
    this.#backend = context.backend as unknown as MovingBackend;
    this.#scratch = new Scratch(this.#backend);
  }

  /** @inheritdoc */
  isCurrent(): boolean {
    return tf.getBackend() === "wasm" && currentContext() === this.#context;
  }

  /** @inheritdoc */
  placesFor(tensors: Tensors): Tensors {
    return mapTensors(tensors, ({ shape, dtype }) => {
      const dataId = originalOf(this.#backend).write(null, shape, dtype);
      return tf.keep(tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype }));
    });
  }

  /** @inheritdoc */
  holders(dataId: object): number {
    return this.#backend.dataIdMap.get(dataId).refCount;
  }

  /** @inheritdoc */
  fill(places: Tensors, tensors: Tensors): void {
    deliver(this.#backend, places, dataOf(tensors), (dataId) => dataId, () => false, this.#context.finite);
  }

  /** @inheritdoc */
  settle(places: Tensors, { home, fresh }: StepResult): Tensors {
    const own = new Set(Object.values(dataOf(places))), apart = this.#apart(fresh, own, (dataId) => dataId);
    const mayMove = (from: object) => !own.has(from) && this.holders(from) === 1;
    deliver(this.#backend, places, dataOf(home), (dataId) => dataId, mayMove, this.#context.finite);
    disposeTree(home);
    return apart;
  }

  /** @inheritdoc */
  rehearse(step: Step): Tried<{ readonly log: Log }> {
    const made = new Made(this.#backend);
    return watched(this.#backend, made, step, undefined, ({ home, fresh: returned }, seen) => {
      const { log, calls, reason } = seen(), owned = ownedBy(made, calls, home);
      const fresh = this.#apart(returned, new Set(Object.values(dataOf(step.places))), (dataId) => made.owner(dataId));
      deliver(this.#backend, step.places, dataOf(home), (x) => made.owner(x), () => false, this.#context.finite);
      disposeTree(home);
      const why = reason ?? leftOver(made, fresh) ?? this.#tooMuch(made);
      made.release();
      if (why === undefined) this.#owned.set(log, owned);
      return { fresh, outcome: why === undefined ? { log } : { reason: why } };
    });
  }

  /** @inheritdoc */
  record(step: Step, inputs: Tensors, rehearsal: Log): Tried<{ readonly capture: Capture }> {
    const { finite } = this.#context, slots = new Slots(this.#backend, inputs, finite);
    const made = new Kept(this.#backend, this.#owned.get(rehearsal)!, this.#scratch);
    try {
      return watched(this.#backend, made, step, slots.tensors, (result, seen) => {
        const results = { home: dataOf(result.home), fresh: dataOf(result.fresh) };
        const fresh = copiesOf(this.#backend, results.fresh);
        disposeTree({ home: result.home, fresh: result.fresh }); // their memory stays
        const { log, calls, reason } = seen();
        const why = reason ?? leftOver(made, {}) ?? held(slots) ?? difference(rehearsal, log);
        const capture = why === undefined && new Replay(this.#context, step.places, slots, calls, results, made);
        const mayMove = (from: object) => capture !== false && made.mayMove(from);
        deliver(this.#backend, step.places, results.home, (x) => made.owner(x), mayMove, finite);
        if (capture) {
          this.#bytes += made.bytes;
          return { fresh, outcome: { capture } };
        }
        slots[Symbol.dispose]();
        made.end();
        return { fresh, outcome: { reason: why! } };
      });
    } catch (error) {
      slots[Symbol.dispose]();
      made.end();
      throw error;
    }
  }

  /** @inheritdoc */
  forget(): void {
    this.#scratch.clear();
    this.#bytes = 0;
  }

  /** As {@linkcode forget}. */
  [Symbol.dispose](): void {
    this.forget();
  }

  /** The same tensors, copied where they would be held by whoever holds them together with a place. */
  #apart(fresh: Tensors, own: ReadonlySet<object>, owner: (dataId: object) => object): Tensors {
    return mapTensors(fresh, (tensor, name) => {
      if (!own.has(owner(tensor.dataId))) return tensor;
      const { [name]: copy } = copiesOf(this.#backend, { [name]: tensor.dataId });
      tensor.dispose();
      return copy;
    });
  }

  #tooMuch({ bytes }: Made): string | undefined {
    const all = this.#bytes + bytes;
    if (all > MOST_BYTES) return `it needs ${Math.round(all / 2 ** 20)} MB, too much to keep between steps`;
  }
}

const dataOf = (tensors: Tensors): Results =>
  Object.fromEntries(Object.entries(tensors).map(([name, { dataId }]) => [name, dataId]));

/** The numbers of data that go to places, or may: that is decided anew at each step. */
function ownedBy(made: Made, calls: Seen["calls"], home: Tensors): ReadonlySet<number> {
  const owned = new Set<number>();
  const add = (dataId: object) => {
    const number = made.numberOf(made.owner(dataId));
    if (number !== undefined) owned.add(number);
  };
  for (const { dataId } of Object.values(home)) add(dataId);
  for (const { name, inputs } of calls) {
    if (name === SELECT) {
      for (const { dataId } of [...choices(inputs, true), ...choices(inputs, false)]) add(dataId);
    }
  }
  return owned;
}

function leftOver(made: Made, returned: Tensors): string | undefined {
  const own = new Set<object>(Object.values(returned).flatMap(({ dataId }) => [dataId, made.owner(dataId)]));
  const kept = made.alive().filter((dataId) => !own.has(dataId)).length;
  if (kept > 0) return `it keeps ${kept} ${kept === 1 ? "tensor" : "tensors"} beyond its end`;
}

function held(slots: Slots): string | undefined {
  if (slots.areHeld()) return "it keeps a tensor of its batches";
}
