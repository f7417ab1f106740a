/**
 * Where figures were measured.
 * @module
 */
import { chooseBackend } from "../runtime/backend.ts";
import { described as hardware, type Machine as Hardware, machine as thisMachine } from "../runs/machine.ts";
import { versions } from "../runs/versions.ts";

/** What the figures depend on. */
export interface Machine extends Hardware {
  /** The backend that `deno task train` chooses, and why. */
  readonly backend: string;
  /** Of apo, Deno, V8, tfjs. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Describes this machine. Starts a backend. */
export async function machine(): Promise<Machine> {
  const { reason } = await chooseBackend("auto", { threads: 1 });
  return { ...thisMachine(), backend: reason, versions: versions() };
}

/** The machine in two lines. */
export function described({ backend, versions, ...here }: Machine): string {
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ");
  return `${hardware(here)}\n${software}; backend ${backend}`;
}
