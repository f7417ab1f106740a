/**
 * What a run goes on with.
 * @module
 */
import { type BackendChoice, chooseBackend } from "../runtime/backend.ts";
import { UserError } from "../runtime/errors.ts";
import { blasText } from "../runtime/wasm/blas/library.ts";
import type { RunConfig } from "../runs/config.ts";
import { versions } from "../runs/versions.ts";

/**
 * Starts a run's backend again, with the same products where that can be.
 *
 * @param threads How many, now: they are nothing of the run's.
 * @returns Which and why, and what differs, if anything, so that the run will not have the bits that it would have had.
 */
export async function sameBackend(config: RunConfig, threads?: number | "auto"): Promise<string> {
  const { reason, blas } = await again(config, threads);
  const now = versions(), was = (name: string) => `${name} was ${config.versions[name]}`;
  const changed = Object.keys(now).filter((name) => now[name] !== config.versions[name]).map(was);
  if (products(blas) !== products(config.blas)) changed.push(`products were by ${products(config.blas)}`);
  return changed.length === 0 ? reason : `${reason}; not the same bits as before: ${changed.join(", ")}`;
}

const products = (blas: RunConfig["blas"]) => blas === undefined ? "kernels of apo's own" : blasText(blas);

/** A library that is gone is as another version of it: no reason not to go on. */
async function again({ backend, strict, blas }: RunConfig, threads?: number | "auto"): Promise<BackendChoice> {
  if (blas === undefined) return await chooseBackend(backend, { strict, blas: "off", threads });
  try {
    return await chooseBackend(backend, { strict, blas: blas.path, threads });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return await chooseBackend(backend, { strict, threads });
  }
}
