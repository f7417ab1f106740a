/**
 * Prints as JSON how often a step calls the GPU, by optimizer. In a process of its own, as software adapters end theirs now and
 * then.
 * @module
 */
import { chooseBackend } from "../../runtime/backend.ts";
import { UserError } from "../../runtime/errors.ts";
import { countDispatches, type DeviceWork } from "../../runtime/webgpu/count_dispatches.ts";
import { mnist } from "../../tasks/mnist.ts";
import { cycleOf } from "../cycle.ts";
import { AFTER_EARLY, mnistMlp } from "../mnist_mlp.ts";
import { CENTRE, optimizerAt } from "../setup.ts";
import { trainee } from "../trainee.ts";

/** What the process prints: where, and the calls of each kind of step; or why there are none. */
export type DispatchReport =
  | { readonly reason: string; readonly calls: Readonly<Record<string, DeviceWork>> }
  | { readonly missing: string };

/** The calls of a step of these optimizers on the default MLP: `apo-momentum` and `apo-momentum, meta step`, say. */
async function report(names: readonly string[]): Promise<DispatchReport> {
  try {
    const { reason } = await chooseBackend("webgpu"), problem = mnistMlp();
    const { train } = await mnist.load(), calls: Record<string, DeviceWork> = {};
    for (const name of names) {
      const { period, due } = cycleOf(name, CENTRE), { batchSize } = CENTRE;
      const optimizer = optimizerAt(name, problem, CENTRE);
      using training = trainee({ problem, optimizer, train, batchSize, blockSteps: 1 });
      const start = Math.ceil(AFTER_EARLY / period) * period;
      await training.run(1, start); // what happens only once
      const counted = async (step: number): Promise<DeviceWork> => {
        let read: Promise<unknown> | undefined; // the step itself is done before run waits for its loss
        const work = countDispatches(() => void (read = training.run(1, step)));
        await read;
        return work;
      };
      for (const place of due) calls[`${name}, meta step`] = await counted(start + period + place);
      calls[name] = await counted(start + period + 1);
    }
    return { reason, calls };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { missing: error.message };
  }
}

if (import.meta.main) {
  console.log(JSON.stringify(await report(Deno.args)));
  Deno.exit(0);
}
