/**
 * Steps that are recorded and replayed, on any backend.
 * @module
 */
import type { Tensors } from "../tensor.ts";
import type { Log } from "./log.ts";

/** Is told what a step does that only the step itself knows. */
export interface Observer {
  /** A reason why the step cannot be captured. Only the first counts. */
  refuse(reason: string): void;
  /** Tensors that the step is given, by the labels that they have in the log; of aliases the first label counts. */
  label(tensors: Tensors): void;
  /** Runs what is not of the step: it prepares what the step is given. */
  outside<R>(run: () => R): R;
}

/** A step as a function of tensors: of those in places, which its results replace, and of inputs. */
export interface Step {
  /** What changes from step to step, where it stays ({@linkcode Recorder.placesFor}). */
  readonly places: Tensors;
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

/** A recorded step. To dispose of it frees what it computes with; the places are not the capture's. */
export interface Capture extends Disposable {
  /** Does the step on these inputs; returns what is for the caller. undefined where it did other things this time: then nothing has changed. */
  replay(inputs: Tensors): Tensors | undefined;
}

/** Records steps on one device. To dispose of it frees what its captures compute with, which end before. */
export interface Recorder extends Disposable {
  /** Whether the device and its kernels are still those that captures were made with. */
  isCurrent(): boolean;
  /** Empty tensors like these, each with memory that nothing else has; whoever makes them disposes of them. */
  placesFor(tensors: Tensors): Tensors;
  /** How many tensors share the data. */
  holders(dataId: object): number;
  /** Copies tensors into the places of the same names. */
  fill(places: Tensors, tensors: Tensors): void;
  /** Puts the results of a step that was done eagerly where they belong, and returns those for the caller. */
  settle(places: Tensors, result: StepResult): Tensors;
  /** Does the step eagerly and takes note of what it does. */
  rehearse(step: Step): Tried<{ readonly log: Log }>;
  /** Does the step eagerly and records it; it is a capture where it does the same as in its rehearsal. */
  record(step: Step, inputs: Tensors, rehearsal: Log): Tried<{ readonly capture: Capture }>;
  /** Frees what captures computed with: all of them have ended. */
  forget(): void;
}

/** Names, shapes and types: what two sets of tensors must share to take each other's places. */
export function signature(tensors: Tensors): string {
  return Object.entries(tensors).map(([name, { dtype, shape }]) => `${name} ${dtype} [${shape}]`).sort().join(", ");
}

/** Runs a step whose places and inputs have labels. */
export function labelled(step: Step, observer: Observer, inputs?: Tensors): StepResult {
  observer.label(prefixed("carry.", step.places));
  if (inputs) observer.label(inputs);
  return step.run(observer, inputs);
}

/** What a step returned, by the labels that results have in the log. */
export function labelledResults({ home, fresh }: StepResult): Tensors {
  return { ...prefixed("carry.", home), ...prefixed("metrics.", fresh) };
}

function prefixed(prefix: string, tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));
}
