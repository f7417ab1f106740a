/**
 * The command `deno task train`: a thin listener to `fit`.
 * @module
 */
import { join } from "node:path";
import { chooseBackend, type BackendName } from "../runtime/backend.ts";
import { UserError } from "../runtime/errors.ts";
import { named } from "../runtime/nearest.ts";
import { type Given, parseFlags } from "./cli/flags.ts";
import { helpText, listText, versionText } from "./cli/help.ts";
import { plan, plannedTask } from "./cli/plan.ts";
import { progress } from "./cli/progress.ts";
import { report } from "./cli/report.ts";
import { resumed, type Starting } from "./cli/resume.ts";
import { assemble, taskNamed } from "./run/assemble.ts";
import { createRunFolder, files, recorded, writeConfig } from "./run/folder.ts";
import { parseMetrics } from "./run/metrics.ts";
import { fit } from "./training/fit.ts";

const INTERRUPTED = 130;

/**
 * Runs the command with these arguments, and returns the exit code: 0 done, 2 bad input, 3 diverged, 130 interrupted.
 */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const given = parseFlags(args);
    if (given.help) console.log(helpText());
    else if (given.list) console.log(listText());
    else if (given.version) console.log(versionText());
    else return await train(given);
    return 0;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    return error.exitCode;
  }
}
