/**
 * The batches of captured steps, and what is drawn for them.
 * @module
 */
import type { Batch } from "../../proximal/problem.ts";
import type { Tensors, Tree } from "../../runtime/tensor.ts";
import { flatten, mapTensors, mapTree } from "../../runtime/tree.ts";
import type { Observer } from "../../runtime/webgpu/capture/observe.ts";
import type { Draw } from "../branches.ts";
import type { Batches } from "../optimizer.ts";
import type { StepClock } from "../step_clock.ts";

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

/**
 * Random numbers as a step under observation gets them: as they are, or from the slots of what is recorded.
 *
 * @param known What drew in the rehearsal: replays draw by it.
 */
export function watchedDraw(
  at: StepClock,
  observer: Observer,
  known: Draw | undefined,
  noted: (draw: Draw) => void,
  slots?: Tensors,
): (draw: Draw) => Tensors {
  let times = 0;
  return (draw) => {
    if (times++ > 0) observer.refuse("it draws random numbers more than once");
    const given = observer.outside(() => draw(at));
    if (slots && draw === known) return mapTensors(given, (_, name) => slots[DRAWN + name]);
    observer.label(prefixed(DRAWN, given));
    noted(draw);
    if (slots) observer.refuse(`it draws random numbers ${known ? "by another function" : "at some of its steps"}`);
    return given;
  };
}

/** What a step of this time draws, by the names of its slots. */
export function drawnFor(at: StepClock, draw?: Draw): Tensors {
  return draw ? prefixed(DRAWN, draw(at)) : {};
}

const DRAWN = "drawn.";

const prefixed = (prefix: string, tensors: Tensors): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));

/** A batch's tensors by name. */
export const named = (prefix: string, batch: Batch): Tensors => prefixed(prefix, flatten(treeOf(batch)));

const fromSlots = (prefix: string, batch: Batch, slots: Tensors): Batch =>
  mapTree(treeOf(batch), (_, path) => slots[prefix + path]) as unknown as Batch;

const treeOf = ({ inputs, targets, weights }: Batch): Tree => ({ inputs, targets, ...weights && { weights } });
