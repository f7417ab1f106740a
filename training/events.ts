/**
 * What `fit` tells.
 * @module
 */
import type { Learned } from "../optimizers/optimizer.ts";
import type { Displayable } from "../display/displayable.ts";
import type { Sample } from "../display/samples.ts";
import type { Scores } from "./evaluate.ts";
import type { HostArrays } from "./snapshot.ts";

/** What every event says. */
export interface Event<K extends string> {
  /** What happened. */
  readonly kind: K;
  /** Steps done. */
  readonly step: number;
}

/** A logging step: what stands in a line of `metrics.jsonl`. */
export interface LoggedEvent extends Event<"logged"> {
  /** The last step's scalars: `loss` on its batch before the update, `refused`, and for APO the parts of Q. */
  readonly metrics: Readonly<Record<string, number>>;
  /** What has been learned: η, or how φ looks. */
  readonly learned: Learned;
  /** Scores on the validation data, where there are any, at evaluation steps. */
  readonly validation?: Scores;
  /** Else on the test data. */
  readonly test?: Scores;
}

/** An evaluation. */
export interface EvaluatedEvent extends Event<"evaluated"> {
  /** The scores on the validation data, where there are any, and those of a judge. */
  readonly validation?: Scores;
  /** Else on the test data. */
  readonly test?: Scores;
  /** What the model made of a few of these examples, where a judge tells. */
  readonly samples?: readonly Sample[];
}

/** Steps whose result was not finite were refused since the last report. */
export interface RefusedEvent extends Event<"refused"> {
  /** So far. */
  readonly total: number;
  /** Just now, one after another. */
  readonly inARow: number;
}

/** On WebGPU, a kind of steps cannot be captured: they are done one operation at a time, which takes the host longer. Told once. */
export interface UncapturedEvent extends Event<"uncaptured"> {
  /** Which steps, as the optimizer names them; empty for all. */
  readonly branch: string;
  /** Why. */
  readonly reason: string;
}

/** A checkpoint is due. */
export interface CheckpointEvent extends Event<"checkpoint"> {
  /** All that is needed to go on from here. */
  readonly arrays: HostArrays;
}

/** The signal asked to stop; a checkpoint of the same step came before. After the last step only scores are missing. */
export type InterruptedEvent = Event<"interrupted">;

/** The last step is done; a checkpoint of it came before. In a notebook it shows itself as a table. */
export interface FinishedEvent extends Event<"finished">, Displayable {
  /** Wall-clock seconds of this call. */
  readonly seconds: number;
  /** Without the time of evaluations and checkpoints. */
  readonly stepsPerSecond: number;
  /** Scores on the training data, or on a sample of them. */
  readonly train: Scores;
  /**
   * How many training examples, drawn at random by the seed, `train` is of where it is of a sample: 10,000, if there are more, or of
   * sequences as many as have about 20,000 tokens.
   */
  readonly trainSample?: number;
  /** The loss, on what `train` is of, of the best output that is the same for all examples, where the problem's output knows it. */
  readonly constantLoss?: number;
  /** Scores on the validation data, where there are any: as at an evaluation. */
  readonly validation?: Scores;
  /** Scores on the test data, where there are any. */
  readonly test?: Scores;
  /** What the model made of a few test examples, where a judge tells. */
  readonly samples?: readonly Sample[];
  /** As in {@linkcode LoggedEvent}. */
  readonly learned: Learned;
  /** Refused steps. */
  readonly refused: number;
  /**
   * Over how many training batches BatchNorm's running statistics were computed anew for the scores and `trained`. Absent where the
   * model has none.
   */
  readonly recalibrated?: number;
  /** The parameters to use, and the model's buffers: `params.…` and `buffers.…`. */
  readonly trained: HostArrays;
}

/** One of them. */
export type FitEvent =
  | LoggedEvent
  | EvaluatedEvent
  | RefusedEvent
  | UncapturedEvent
  | CheckpointEvent
  | InterruptedEvent
  | FinishedEvent;
