/**
 * Why a training stopped.
 * @module
 */
import { DeviceLostError, DivergedError } from "../runtime/errors.ts";

/** Too many steps were refused in a row. */
export function diverged(step: number, inARow: number): DivergedError {
  return new DivergedError(
    `training stopped at step ${step}: each of the last ${inARow} steps would have made the parameters, the optimizer's ` +
      `state or the model's buffers NaN or infinite; the checkpoint of step ${step} holds the last finite ones; try inputs ` +
      "and targets of mean 0 and variance 1, a gradient clipped to norm 1, a smaller learning rate (where APO learns it, " +
      "a larger λ_FSD), or look for NaN in the data",
  );
}

/** The GPU was lost. */
export function gone(step: number, reason: string, saved: number | undefined, cause: unknown): DeviceLostError {
  const from = saved === undefined
    ? "start again: there was no checkpoint yet"
    : `go on from the checkpoint of step ${saved}`;
  return new DeviceLostError(`training stopped at step ${step}: the GPU was lost (${reason}); ${from}`, { cause });
}
