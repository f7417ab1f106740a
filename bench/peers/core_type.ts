/**
 * Which of OpenBLAS's kernels are torch's best: one older than the processor takes its slowest by itself, and beside those
 * anything looks fast.
 * @module
 */
import { root } from "../../cli/train_command.ts";

/** A value of `OPENBLAS_CORETYPE`; undefined leaves the choice to OpenBLAS. */
export type CoreType = "Haswell" | "SkylakeX" | "Zen" | undefined;

const CORE_TYPES: readonly CoreType[] = [undefined, "Haswell", "SkylakeX", "Zen"];
const ROUNDS = 2;
const GAIN = 0.95; // less is noise: torch may have another BLAS, to which the variable means nothing

/** The environment in which an OpenBLAS takes these kernels. */
export function environment(core: CoreType): Record<string, string> {
  return core === undefined ? {} : { OPENBLAS_CORETYPE: core };
}

/** Says which, for people. */
export function coreText(core: CoreType): string {
  return core === undefined ? "as it is" : `with OPENBLAS_CORETYPE=${core}`;
}

/** The one with which torch multiplies fastest, each tried in processes of its own. */
export async function fastestCoreType(python: string): Promise<CoreType> {
  const best = new Map<CoreType, number>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const core of CORE_TYPES) {
      const seconds = await productsTime(python, core);
      best.set(core, Math.min(seconds, best.get(core) ?? Infinity));
    }
  }
  return fastest(best);
}

/**
 * The fastest of these; OpenBLAS's own choice unless another is faster by more than noise.
 *
 * @param seconds Infinite of those that compute wrong products or crash, as kernels for another processor may.
 */
export function fastest(seconds: ReadonlyMap<CoreType, number>): CoreType {
  const [core, least] = [...seconds].reduce((a, b) => b[1] < a[1] ? b : a);
  return least < GAIN * (seconds.get(undefined) ?? Infinity) ? core : undefined;
}

/** Seconds that some products take; infinite where they are wrong, or end the process. */
async function productsTime(python: string, core: CoreType): Promise<number> {
  const env = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", ...environment(core) };
  const args = ["bench/peers/products_process.py"];
  const { success, stdout } = await new Deno.Command(python, { args, env, cwd: root, stderr: "null" }).output();
  if (!success) return Infinity;
  const { right, seconds } = JSON.parse(new TextDecoder().decode(stdout)) as { right: boolean; seconds: number };
  return right ? seconds : Infinity;
}
