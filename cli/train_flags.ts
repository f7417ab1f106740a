/**
 * The flags of `deno task train`.
 * @module
 */
import type { Chosen, Options } from "../runtime/option.ts";
import { runOptions } from "../runs/options.ts";

/** Those that are no choices of a run's configuration. */
const commandOptions = {
  config: {
    kind: "path",
    value: "FILE",
    help: "a config.json, whole or in parts, to start from; what flags beside it say counts instead",
  },
  out: { kind: "path", help: "folder of the run (default out/TIME-TASK-OPTIMIZER)" },
  resume: { kind: "path", value: "RUN", help: "go on with a run; with --schedule=constant --steps may be given anew" },
  quiet: { kind: "switch", help: "print errors only" },
  list: { kind: "switch", help: "print tasks, models and optimizers" },
  version: { kind: "switch", help: "print versions" },
  help: { kind: "switch", help: "print this" },
} as const satisfies Options;

/** Every flag, in the order of the help. */
export const trainFlags = { ...runOptions, ...commandOptions };

/** The flags that were given, checked one by one. */
export type Given = Chosen<typeof trainFlags>;
