/**
 * Where something was measured.
 * @module
 */
import { cpus } from "node:os";

/** What times depend on. */
export interface Machine {
  /** Its name. */
  readonly cpu: string;
  /** How many. */
  readonly cores: number;
  /** Target and version of the operating system. */
  readonly system: string;
}

/** Describes this machine. */
export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: navigator.hardwareConcurrency,
    system: `${Deno.build.target} ${Deno.osRelease()}`,
  };
}

/** The machine in one line. */
export function described({ cpu, cores, system }: Machine): string {
  return `${cores} cores of ${cpu}, ${system}`;
}
