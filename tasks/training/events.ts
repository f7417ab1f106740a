/**
 * What `fit` tells.
 * @module
 */
import type { Learned } from "../../optimizers/optimizer.ts";
import type { Scores } from "./evaluate.ts";
import type { HostArrays } from "./snapshot.ts";

/** A logging step: what stands in a line of `metrics.jsonl`. */
export interface LoggedEvent {
  readonly kind: "logged";
  /** Steps done. */
  readonly step: number;
  /** The last step's scalars: `loss` on its batch before the update, `refused`, and for APO the parts of Q. */
  readonly metrics: Readonly<Record<string, number>>;
  /** What has been learned: η, or how φ looks. */
  readonly learned: Learned;
  /** Scores on the test data, at evaluation steps. */
  readonly test?: Scores;
}

/** The scores on the test data. */
export interface EvaluatedEvent {
  readonly kind: "evaluated";
  readonly step: number;
  readonly test: Scores;
}

/** Steps whose result was not finite were refused since the last report. */
export interface RefusedEvent {
  readonly kind: "refused";
  readonly step: number;
  /** So far. */
  readonly total: number;
  /** Just now, one after another. */
  readonly inARow: number;
}

/** All that is needed to go on from here. */
export interface CheckpointEvent {
  readonly kind: "checkpoint";
  readonly step: number;
  readonly arrays: HostArrays;
}

/** The signal asked to stop; a checkpoint of the same step came before. */
export interface InterruptedEvent {
  readonly kind: "interrupted";
  readonly step: number;
}

/** The last step is done; a checkpoint of it came before. */
export interface FinishedEvent {
  readonly kind: "finished";
  readonly step: number;
  /** Wall-clock seconds of this call, and steps a second without the time of evaluations and checkpoints. */
  readonly seconds: number;
  readonly stepsPerSecond: number;
  /** Scores on (up to 10,000 of) the training data. */
  readonly train: Scores;
  /** Scores on the test data, where there are any. */
  readonly test?: Scores;
  readonly learned: Learned;
  /** Refused steps. */
  readonly refused: number;
  /** The parameters to use, and the model's buffers: `params.…` and `buffers.…`. */
  readonly trained: HostArrays;
}

/** One of them. */
export type FitEvent =
  | LoggedEvent
  | EvaluatedEvent
  | RefusedEvent
  | CheckpointEvent
  | InterruptedEvent
  | FinishedEvent;
