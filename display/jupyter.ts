/**
 * The notebook's kernel, where there is one. Described by what is used of it, so that the library needs no types of Deno.
 * @module
 */
import type { Formats } from "./displayable.ts";

/** The part of `Deno.jupyter` that is used. */
interface Kernel {
  /** Sends a message to all frontends. */
  broadcast(type: string, content: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Shows something, and what is shown after it in the same place. */
export type Place = (formats: Formats) => Promise<void>;

/** The kernel in which this runs; undefined elsewhere. */
function kernel(): Kernel | undefined {
  try {
    return (globalThis as { Deno?: { jupyter?: Kernel } }).Deno?.jupyter;
  } catch {
    return undefined; // in a process that is no kernel the property throws
  }
}

/** A new place among the outputs of the running cell; undefined where there is no notebook. */
export function placeInNotebook(): Place | undefined {
  const jupyter = kernel();
  return jupyter && placeOf(jupyter);
}

/** The first message makes the place, those after it change it; saved notebooks keep the last. */
export function placeOf(jupyter: Kernel): Place {
  const transient = { display_id: crypto.randomUUID() };
  let type = "display_data";
  return async (data) => {
    await jupyter.broadcast(type, { data, metadata: {}, transient });
    type = "update_display_data";
  };
}
