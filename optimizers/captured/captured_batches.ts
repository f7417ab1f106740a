/**
 * The batches of captured steps.
 * @module
 */
import type { Batch } from "../../proximal/problem.ts";
import type { Tensors, Tree } from "../../runtime/tensor.ts";
import { flatten, mapTree } from "../../runtime/tree.ts";
import type { Observer } from "../../runtime/capture/step.ts";
import type { Batches } from "../optimizer.ts";

/** What batches must share for the same capture: names, shapes, types, and which tensors are the same (an autoencoder's targets). */
export function kindOf(inputs: Tensors): string {
  const entries = Object.entries(inputs), places = new Map(entries.map(([, { dataId }], i) => [dataId, i]));
  return entries.map(([name, { dtype, shape, dataId }]) => `${name} ${dtype} [${shape}] ${places.get(dataId)}`).join(
    ", ",
  );
}

/** The batches as a step under observation gets them: as they are, or from the slots of what is recorded. */
export function watchedBatches(
  { batch, metaBatch }: Batches,
  observer: Observer,
  noted: (metaBatch: Tensors) => void,
  slots?: Tensors,
): Batches {
  return {
    batch: slots ? fromSlots("batch.", batch, slots) : batch,
    metaBatch: () => {
      const given = observer.outside(metaBatch), prefix = "metaBatch.";
      if (slots && `${prefix}targets` in slots) return fromSlots(prefix, given, slots);
      observer.label(named(prefix, given));
      noted(named(prefix, given));
      if (slots) observer.refuse("it asks for a second batch at some of its steps");
      return given;
    },
  };
}

/** A batch's tensors by name. */
export const named = (prefix: string, batch: Batch): Tensors =>
  Object.fromEntries(Object.entries(flatten(treeOf(batch))).map(([name, tensor]) => [prefix + name, tensor]));

const fromSlots = (prefix: string, batch: Batch, slots: Tensors): Batch =>
  mapTree(treeOf(batch), (_, path) => slots[prefix + path]) as unknown as Batch;

const treeOf = ({ inputs, targets, weights }: Batch): Tree => ({ inputs, targets, ...weights && { weights } });
