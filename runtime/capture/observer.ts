/**
 * Who is told of a step what a replay has to know.
 * @module
 */
import type { Tensors } from "../tensor.ts";
import type { Observer } from "./step.ts";

/** What an observer was told. */
export interface Observation {
  readonly observer: Observer;
  /** Whether what happens now is of the step. */
  isWatching(): boolean;
  /** The first reason why the step cannot be captured. */
  reason(): string | undefined;
  /** The label of data that the step was given; of others a word for it, and the step is refused. */
  labelOf(dataId: object): string;
}

/** Begins to listen. */
export function observation(): Observation {
  const labels = new Map<object, string>();
  let reason: string | undefined, watching = true;
  const refuse = (why: string): void => void (reason ??= why);
  return {
    observer: {
      refuse,
      label: (tensors: Tensors) => {
        for (const [name, { dataId }] of Object.entries(tensors)) if (!labels.has(dataId)) labels.set(dataId, name);
      },
      outside: (outer) => {
        watching = false;
        try {
          return outer();
        } finally {
          watching = true;
        }
      },
    },
    isWatching: () => watching,
    reason: () => reason,
    labelOf: (dataId) => {
      const label = labels.get(dataId);
      if (label === undefined) refuse("it uses a tensor that is neither in the carry nor in its batches");
      return label ?? "unknown";
    },
  };
}
