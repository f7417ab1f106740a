/**
 * The figure of peak memory.
 * @module
 */
import type { Figure } from "../figure.ts";
import { deno, root, trainArguments } from "../../cli/train_command.ts";

const QUICK_STEPS = 200; // the first evaluation and the first checkpoint are among them

/** How much memory the default run needs. */
export const figure: Figure = {
  description:
    "high-water mark of the resident memory of `deno task train` without arguments, from start to end of the process",
  measure: async (quick) => {
    const what = quick ? `the default run, ${QUICK_STEPS} steps` : "the default run";
    const row = { what, unit: "MB", target: { atMost: 400 } } as const;
    if (Deno.build.os !== "linux") return [{ ...row, detail: `known on Linux only, this is ${Deno.build.os}` }];
    const peak = await peakOfTraining(quick ? [`--steps=${QUICK_STEPS}`] : []);
    return [{ ...row, result: { median: peak, low: peak, high: peak } }];
  },
};

/** MB (10⁶ bytes). */
async function peakOfTraining(flags: readonly string[]): Promise<number> {
  const folder = await Deno.makeTempDir();
  try {
    const run = (await trainArguments()).with(-1, "bench/figures/peak_process.ts");
    const args = [...run, "--quiet", `--out=${folder}/run`, ...flags];
    const { stdout, success } = await new Deno.Command(deno, { args, cwd: root, stderr: "inherit" }).output();
    if (!success) throw new Error("the training run failed");
    return Number(new TextDecoder().decode(stdout)) / 1e6;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
