/**
 * Captured steps on WebGPU: one eager step is recorded, and then submitted again and again without tfjs.
 * @module
 */
import { difference, type Log } from "../../capture/log.ts";
import {
  type Capture,
  labelled,
  labelledResults,
  type Recorder,
  type Step,
  type StepResult,
  type Tried,
} from "../../capture/step.ts";
import type { Tensors } from "../../tensor.ts";
import { disposeTree } from "../../tree.ts";
import { flush, type WebgpuBackend, webgpuBackend } from "../backend.ts";
import { deliver, type Sources, sourcesOf } from "./deliver.ts";
import { observed } from "./observe.ts";
import { fill, placesFor, slotsFor } from "./place.ts";
import type { Pool } from "./pool.ts";
import { type Dispatch, encode, recorded } from "./record.ts";
import { Scratch } from "./scratch.ts";

/** Records steps on a GPU. */
export class WebgpuRecorder implements Recorder {
  readonly #backend: WebgpuBackend;
  readonly #scratch: Scratch;

  /** For this device. */
  constructor(backend: WebgpuBackend) {
    this.#backend = backend;
    this.#scratch = new Scratch(backend);
  }

  /** @inheritdoc */
  isCurrent(): boolean {
    return webgpuBackend() === this.#backend;
  }

  /** @inheritdoc */
  placesFor(tensors: Tensors): Tensors {
    return placesFor(this.#backend, tensors);
  }

  /** @inheritdoc */
  holders(dataId: object): number {
    return this.#backend.tensorMap.get(dataId).refCount;
  }

  /** @inheritdoc */
  fill(places: Tensors, tensors: Tensors): void {
    const home = sourcesOf(this.#backend, tensors);
    flush(this.#backend);
    deliver(this.#backend, this.#backend.device.createCommandEncoder(), places, { home, fresh: {} });
  }

  /** @inheritdoc */
  settle(places: Tensors, { home, fresh }: StepResult): Tensors {
    const backend = this.#backend, sources = { home: sourcesOf(backend, home), fresh: sourcesOf(backend, fresh) };
    flush(backend);
    const delivered = deliver(backend, backend.device.createCommandEncoder(), places, sources);
    disposeTree({ home, fresh });
    return delivered;
  }

  /** @inheritdoc */
  rehearse(step: Step): Tried<{ readonly log: Log }> {
    const { result, log, reason } = watched(this.#backend, step);
    return { fresh: this.settle(step.places, result), outcome: reason === undefined ? { log } : { reason } };
  }

  /** @inheritdoc */
  record(step: Step, inputs: Tensors, rehearsal: Log): Tried<{ readonly capture: Capture }> {
    const backend = this.#backend, slots = slotsFor(backend, inputs);
    try {
      flush(backend);
      const filling = backend.device.createCommandEncoder();
      fill(backend, filling, slots, inputs);
      backend.queue.submit([filling.finish()]);
      let refusal: string | undefined;
      const { result, dispatches, pool } = recorded(backend, this.#scratch, (why) => refusal ??= why, () => {
        const { result, log, reason } = watched(backend, step, slots);
        const sources = { home: sourcesOf(backend, result.home), fresh: sourcesOf(backend, result.fresh) };
        disposeTree({ home: result.home, fresh: result.fresh }); // their buffers stay, in the pool
        return { sources, log, reason };
      });
      const reason = result.reason ?? refusal ?? difference(rehearsal, result.log);
      const fresh = deliver(backend, backend.device.createCommandEncoder(), step.places, result.sources);
      if (reason === undefined) {
        const capture = new Submission(backend, step.places, slots, dispatches, result.sources, pool);
        return { fresh, outcome: { capture } };
      }
      pool.abandon();
      disposeTree(slots);
      return { fresh, outcome: { reason } };
    } catch (error) {
      disposeTree(slots);
      throw error;
    }
  }

  /** @inheritdoc */
  forget(): void {
    this.#scratch[Symbol.dispose]();
  }

  /** As {@linkcode forget}. */
  [Symbol.dispose](): void {
    this.forget();
  }
}

/** The step, under observation. */
function watched(backend: WebgpuBackend, step: Step, inputs?: Tensors) {
  return observed(backend, (observer) => {
    const result = labelled(step, observer, inputs);
    return { ...result, results: labelledResults(result) };
  });
}

/** A recorded step: what is submitted. */
class Submission implements Capture {
  readonly #backend: WebgpuBackend;
  readonly #places: Tensors;
  readonly #slots: Tensors;
  readonly #dispatches: readonly Dispatch[];
  readonly #sources: Sources;
  readonly #pool: Pool;

  /** Of a recording; its buffers are the capture's from then on. */
  constructor(
    backend: WebgpuBackend,
    places: Tensors,
    slots: Tensors,
    dispatches: readonly Dispatch[],
    sources: Sources,
    pool: Pool,
  ) {
    this.#backend = backend;
    this.#places = places;
    this.#slots = slots;
    this.#dispatches = dispatches;
    this.#sources = sources;
    this.#pool = pool;
  }

  /** Does the step on these inputs, in one submission; returns what is for the caller. */
  replay(inputs: Tensors): Tensors {
    flush(this.#backend);
    const encoder = this.#backend.device.createCommandEncoder();
    fill(this.#backend, encoder, this.#slots, inputs);
    encode(encoder, this.#dispatches);
    return deliver(this.#backend, encoder, this.#places, this.#sources);
  }

  /** Frees the buffers; the places are not the capture's. */
  [Symbol.dispose](): void {
    disposeTree(this.#slots);
    this.#pool.dispose();
  }
}
