/**
 * The figure of peak memory.
 * @module
 */
import type { Figure, Row } from "../figure.ts";
import { deno, root, trainArguments } from "../../cli/train_command.ts";

const QUICK_STEPS = 200; // the first evaluation and the first checkpoint are among them

/** How much memory the default run needs, and a step of a network of images. */
export const figure: Figure = {
  description:
    "high-water mark of the resident memory, from start to end of the process, of `deno task train` without arguments, " +
    "and of steps of momentum on ResNet-20 at batch 128",
  measure: async (quick) => {
    const run = quick ? `the default run, ${QUICK_STEPS} steps` : "the default run";
    return [
      await row(run, 400, () => peakOfTraining(quick ? [`--steps=${QUICK_STEPS}`] : [])),
      await row("a step of ResNet-20, batch 128", 550, () => peakOf("bench/figures/step_peak_process.ts", [])),
    ];
  },
};

async function row(what: string, atMost: number, measured: () => Promise<number>): Promise<Row> {
  const row = { what, unit: "MB", target: { atMost } } as const;
  if (Deno.build.os !== "linux") return { ...row, detail: `known on Linux only, this is ${Deno.build.os}` };
  const peak = await measured();
  return { ...row, result: { median: peak, low: peak, high: peak } };
}

async function peakOfTraining(flags: readonly string[]): Promise<number> {
  const folder = await Deno.makeTempDir();
  try {
    return await peakOf("bench/figures/peak_process.ts", ["--quiet", `--out=${folder}/run`, ...flags]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** MB (10⁶ bytes) of a script that has the permissions of `deno task train`, and says its bytes at its end. */
async function peakOf(script: string, flags: readonly string[]): Promise<number> {
  const args = [...(await trainArguments()).with(-1, script), ...flags];
  const { stdout, success } = await new Deno.Command(deno, { args, cwd: root, stderr: "inherit" }).output();
  if (!success) throw new Error(`${script} failed`);
  return Number(new TextDecoder().decode(stdout)) / 1e6;
}
