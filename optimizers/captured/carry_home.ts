/**
 * Where a carry stays while captured steps update it in place.
 * @module
 */
import type { Tensors, Tree } from "../../runtime/tensor.ts";
import { disposeTree, flatten, mapTree } from "../../runtime/tree.ts";
import { type Recorder, signature, type StepResult } from "../../runtime/capture/step.ts";
import type { Batches, Carry, Optimizer } from "../optimizer.ts";
import type { StepClock } from "../step_clock.ts";

/** A carry's places: memory that nobody else has. What the outside gets of them are aliases. */
export class CarryHome<S extends Tree> implements Disposable {
  /** By path. */
  readonly places: Tensors;
  /** What records steps from here. */
  readonly recorder: Recorder;
  readonly #signature: string;
  #like: Carry<S>; // of its structure
  #lent?: Carry<S>;

  /** For carries like this one; nobody moves in yet. */
  constructor(recorder: Recorder, carry: Carry<S>) {
    this.recorder = recorder;
    this.#signature = signature(flatten(carry));
    this.places = recorder.placesFor(flatten(carry));
    this.#like = carry;
  }

  /**
   * Whether a carry can be here: the device is the same, it is like those before, and nobody else holds tensors that an update in place would change behind
   * their back, such as clones of earlier parameters.
   */
  suits(carry: Carry<S>): boolean {
    const tensors = flatten(carry);
    if (!this.recorder.isCurrent() || signature(tensors) !== this.#signature) return false;
    const given = new Map<object, number>();
    for (const { dataId } of Object.values(tensors)) given.set(dataId, (given.get(dataId) ?? 0) + 1);
    return Object.values(this.places).every(({ dataId }) =>
      this.recorder.holders(dataId) === 1 + (given.get(dataId) ?? 0)
    );
  }

  /** Copies a carry's values in, unless it is the one that {@linkcode lend} gave. */
  enter(carry: Carry<S>): void {
    if (carry === this.#lent) return;
    this.recorder.fill(this.places, flatten(carry));
  }

  /** The carry to return after a step that was given `carry`, which is consumed. */
  lend(carry: Carry<S>): Carry<S> {
    if (carry === this.#lent) return carry;
    disposeTree(carry);
    return this.#lent = this.#aliases();
  }

  /** A step of an optimizer from here, eagerly; its result is not here yet. */
  run(optimizer: Optimizer<S>, batches: Batches, at: StepClock): StepResult {
    const carry = this.#aliases();
    try {
      const result = optimizer.step(carry, batches, at), home = flatten(result.carry);
      if (signature(home) !== this.#signature) throw new Error("a step returned a carry of another structure");
      this.#like = result.carry; // names may stand in another order than at the start
      return { home, fresh: result.metrics };
    } catch (error) {
      disposeTree(carry);
      throw error;
    }
  }

  /** Frees the places; what was lent stays its owner's. */
  [Symbol.dispose](): void {
    disposeTree(this.places);
    this.recorder[Symbol.dispose]();
  }

  /** The places as a carry. */
  #aliases(): Carry<S> {
    return mapTree(this.#like, (_, path) => this.places[path].clone());
  }
}
