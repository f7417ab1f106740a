/**
 * Where figures were measured.
 * @module
 */
import { cpus } from "node:os";
import { chooseBackend } from "../runtime/backend.ts";
import { versions } from "../tasks/run/versions.ts";

/** What the figures depend on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly system: string;
  /** The backend that `deno task train` chooses, and why. */
  readonly backend: string;
  /** Of apo, Deno, V8, tfjs. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Describes this machine. Starts a backend. */
export async function machine(): Promise<Machine> {
  const { reason } = await chooseBackend();
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: navigator.hardwareConcurrency,
    system: `${Deno.build.target} ${Deno.osRelease()}`,
    backend: reason,
    versions: versions(),
  };
}

/** The machine in two lines. */
export function described({ cpu, cores, system, backend, versions }: Machine): string {
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ");
  return `${cores} cores of ${cpu}, ${system}\n${software}; backend ${backend}`;
}
