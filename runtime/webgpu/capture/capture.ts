/**
 * Captured steps: one eager step is recorded, and then done again and again without tfjs.
 * @module
 */
import type { Tensors } from "../../tensor.ts";
import { disposeTree } from "../../tree.ts";
import { flush, type WebgpuBackend } from "../backend.ts";
import { deliver, type Sources, sourcesOf } from "./deliver.ts";
import { difference, type Log } from "../../capture/log.ts";
import { observed, type Observer } from "./observe.ts";
import { fill, slotsFor } from "./place.ts";
import type { Pool } from "./pool.ts";
import { type Dispatch, encode, recorded } from "./record.ts";
import type { Scratch } from "./scratch.ts";

/** A step as a function of tensors: of those in places, which its results replace, and of inputs. */
export interface Step {
  /** What changes from step to step, where it stays (`placesFor`). */
  readonly places: Tensors;
  /** For what is computed on the way; it must outlive the captures. */
  readonly scratch: Scratch;
  /**
   * The step, eagerly. It reads the places and the inputs, disposes of neither, and returns tensors that the caller owns.
   *
   * @param inputs None in a rehearsal: the step then gives its inputs their labels itself, when it knows them.
   */
  run(observer: Observer, inputs?: Tensors): StepResult;
}

/** What a step returns, by name. */
export interface StepResult {
  /** For the places of the same names. */
  readonly home: Tensors;
  /** For the caller. */
  readonly fresh: Tensors;
}

/** What came of a step, or why it cannot be captured; the step itself is done either way. */
export interface Tried<T> {
  /** The step's own results for the caller; those for the places are there. */
  readonly fresh: Tensors;
  readonly outcome: T | { readonly reason: string };
}

/** Puts the results of a step that was done eagerly where they belong, and returns those for the caller. */
export function settle(backend: WebgpuBackend, places: Tensors, { home, fresh }: StepResult): Tensors {
  const sources = { home: sourcesOf(backend, home), fresh: sourcesOf(backend, fresh) };
  flush(backend);
  const delivered = deliver(backend, backend.device.createCommandEncoder(), places, sources);
  disposeTree({ home, fresh });
  return delivered;
}

/** Does the step eagerly and takes note of what it does. */
export function rehearse(backend: WebgpuBackend, step: Step): Tried<{ log: Log }> {
  const { result, log, reason } = watched(backend, step);
  return { fresh: settle(backend, step.places, result), outcome: reason === undefined ? { log } : { reason } };
}

/** Does the step eagerly and records it; it is a capture where it does the same as in its rehearsal. */
export function record(
  backend: WebgpuBackend,
  step: Step,
  inputs: Tensors,
  rehearsal: Log,
): Tried<{ capture: Capture }> {
  const slots = slotsFor(backend, inputs);
  try {
    flush(backend);
    const filling = backend.device.createCommandEncoder();
    fill(backend, filling, slots, inputs);
    backend.queue.submit([filling.finish()]);
    let refusal: string | undefined;
    const { result, dispatches, pool } = recorded(backend, step.scratch, (why) => refusal ??= why, () => {
      const { result, log, reason } = watched(backend, step, slots);
      const sources = { home: sourcesOf(backend, result.home), fresh: sourcesOf(backend, result.fresh) };
      disposeTree({ home: result.home, fresh: result.fresh }); // their buffers stay, in the pool
      return { sources, log, reason };
    });
    const reason = result.reason ?? refusal ?? difference(rehearsal, result.log);
    const fresh = deliver(backend, backend.device.createCommandEncoder(), step.places, result.sources);
    if (reason === undefined) {
      const capture = new Capture(backend, step.places, slots, dispatches, result.sources, pool);
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

/** The step, under observation. */
function watched(backend: WebgpuBackend, step: Step, inputs?: Tensors) {
  return observed(backend, (observer) => {
    observer.label(prefixed("carry.", step.places));
    if (inputs) observer.label(inputs);
    const { home, fresh } = step.run(observer, inputs);
    return { home, fresh, results: { ...prefixed("carry.", home), ...prefixed("metrics.", fresh) } };
  });
}

const prefixed = (prefix: string, tensors: Tensors): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));

/** A recorded step. */
export class Capture implements Disposable {
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
