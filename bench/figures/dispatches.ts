/**
 * The figure of calls of the GPU.
 * @module
 */
import { deno, root } from "../../cli/train_command.ts";
import type { Figure, Row } from "../figure.ts";
import type { DispatchReport } from "./dispatches_process.ts";

const optimizers = ["sgd", "momentum", "adam", "apo-momentum", "apo-kfac"];
const QUICK = ["sgd", "momentum", "apo-momentum"]; // software adapters take seconds for the others

/** How often a step calls the GPU. */
export const figure: Figure = {
  description:
    "kernels that a step of the default MLP starts on WebGPU, and lists of commands that it hands over until its loss " +
    "can be read",
  quickly: `only ${QUICK.join(", ")}`,
  measure: async (quick) => {
    const names = quick ? QUICK : optimizers, report = await counted(names);
    if ("missing" in report) {
      return names.map((what): Row => ({ what, unit: "dispatches", detail: report.missing }));
    }
    return Object.entries(report.calls).flatMap(([what, { dispatches, submits }]): Row[] => [
      { what, result: exactly(dispatches), unit: "dispatches", detail: report.reason },
      { what, result: exactly(submits), unit: "submits" },
    ]);
  },
};

const exactly = (count: number) => ({ median: count, low: count, high: count });

async function counted(names: readonly string[]): Promise<DispatchReport> {
  const args = [
    "run",
    "--no-prompt",
    "--allow-read",
    "--allow-env",
    "bench/figures/dispatches_process.ts",
    ...names,
  ];
  const env = { LP_NUM_THREADS: "0" }; // threads of Debian's software adapter sometimes outlive the work and abort
  const { stdout, stderr, success } = await new Deno.Command(deno, { args, env, cwd: root }).output();
  if (success) return JSON.parse(new TextDecoder().decode(stdout));
  return { missing: `the process ended early: ${new TextDecoder().decode(stderr).trim().split("\n", 1)[0]}` };
}
