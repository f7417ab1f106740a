/**
 * Recorded steps on wasm: kernels that are called again, without tfjs's engine.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Capture } from "../../capture/step.ts";
import { SELECT } from "../../select.ts";
import type { Tensors } from "../../tensor.ts";
import type { WorkContext } from "../context.ts";
import { bytesAt, bytesOf, changed, isGone, moved, type MovingBackend } from "./data.ts";
import { deliver, noteFinite } from "./deliver.ts";
import { originalOf, withHooks } from "./hooks.ts";
import type { Kept } from "./made.ts";
import type { Slots } from "./slots.ts";
import { choices, inputsOf, isTrue, type KernelCall } from "./watch.ts";

/** Kernels by which tfjs's module makes something of weights that it keeps by their number. */
const KEEPS_WEIGHTS: ReadonlySet<string> = new Set([
  "Conv2D",
  "FusedConv2D",
  "DepthwiseConv2dNative",
  "FusedDepthwiseConv2D",
  "BatchMatMul",
  "_FusedMatMul",
  "Prelu",
]);

/** What a step leaves behind: data, by name. */
export type Results = Readonly<Record<string, object>>;

const OTHER = "a kernel did other things this time";

interface Call extends KernelCall {
  readonly kernel: tf.KernelFunc;
  /** Inputs of which tfjs's module might remember what they were. */
  readonly changing: readonly object[];
  /** Of {@linkcode KernelCall.made}. */
  readonly bytes: readonly number[];
}

/** A recorded step. */
export class Replay implements Capture {
  readonly #backend: MovingBackend;
  readonly #finite: WeakSet<object>;
  readonly #calls: readonly Call[];
  readonly #places: Tensors;
  readonly #slots: Slots;
  readonly #results: { readonly home: Results; readonly fresh: Results };
  readonly #made: Kept;
  readonly #owners = new Map<object, object>();

  /** Of a recording, whose data are the capture's from then on. */
  constructor(
    context: WorkContext,
    places: Tensors,
    slots: Slots,
    calls: readonly KernelCall[],
    results: { readonly home: Results; readonly fresh: Results },
    made: Kept,
  ) {
    this.#backend = context.backend as unknown as MovingBackend;
    this.#finite = context.finite;
    this.#places = places;
    this.#slots = slots;
    this.#results = results;
    this.#made = made;
    this.#calls = calls.map((call) => ({
      ...call,
      kernel: tf.getKernel(call.name, "wasm")!.kernelFunc,
      changing: KEEPS_WEIGHTS.has(call.name) ? inputsOf(call).map(({ dataId }) => dataId) : [],
      bytes: call.made.map((dataId) => bytesOf(this.#backend.dataIdMap.get(dataId))),
    }));
  }

  /** @inheritdoc */
  replay(inputs: Tensors): Tensors | undefined {
    this.#slots.show(inputs);
    try {
      this.#callAll();
    } catch {
      return undefined; // nothing has changed; what is wrong shows when the step is done eagerly
    }
    const fresh = copiesOf(this.#backend, this.#results.fresh);
    const owner = (dataId: object) => this.#owners.get(dataId) ?? dataId;
    deliver(this.#backend, this.#places, this.#results.home, owner, (from) => this.#made.mayMove(from), this.#finite);
    return fresh;
  }

  #callAll(): void {
    const backend = this.#backend;
    let call: Call, at = 0;
    const hooks = {
      write(values: ArrayBufferView | null, shape: number[], dtype: tf.DataType) {
        const { made: { [at]: dataId }, bytes: { [at]: bytes } } = call;
        if (dataId === undefined || bytes !== bytesOf({ shape, dtype })) throw new Error(OTHER);
        if (values) bytesAt(backend, dataId).set(new Uint8Array(values.buffer, values.byteOffset, bytes));
        at++;
        return dataId;
      },
      disposeData: () => true,
      incRef: () => {},
    };
    withHooks(backend, hooks, () => {
      for (call of this.#calls) {
        if (call.name === SELECT) {
          this.#choose(call);
          continue;
        }
        const { kernel, inputs, attributes, made, results, changing } = call;
        for (const dataId of changing) changed(backend, dataId);
        at = 0;
        const computed = kernel({ inputs, attrs: attributes!, backend });
        if (at !== made.length || !areThose(computed, results)) throw new Error(OTHER);
      }
    });
  }

  /** Lets views show what is chosen. */
  #choose({ inputs, results }: Call): void {
    const all = choices(inputs, isTrue(this.#backend, inputs.condition));
    all.forEach(({ dataId }, i) => {
      const view = results[i].dataId;
      this.#owners.set(view, this.#owners.get(dataId) ?? dataId);
      moved(this.#backend, view, this.#backend.dataIdMap.get(dataId).memoryOffset);
      noteFinite(this.#finite, view, this.#finite.has(dataId));
    });
  }

  /** @inheritdoc */
  [Symbol.dispose](): void {
    if (isGone(this.#backend)) return;
    this.#slots[Symbol.dispose]();
    this.#made.end();
  }
}

/** Tensors with memory of their own, with what is in data now. */
export function copiesOf(backend: MovingBackend, results: Results): Tensors {
  const copies = Object.entries(results).map(([name, from]) => {
    const { shape, dtype } = backend.dataIdMap.get(from), dataId = originalOf(backend).write(null, shape, dtype);
    bytesAt(backend, dataId).set(bytesAt(backend, from));
    return [name, tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype })];
  });
  return Object.fromEntries(copies);
}

function areThose(computed: tf.TensorInfo | tf.TensorInfo[], results: readonly tf.TensorInfo[]): boolean {
  if (!Array.isArray(computed)) return computed.dataId === results[0].dataId;
  return computed.length === results.length && results.every(({ dataId }, i) => dataId === computed[i].dataId);
}
