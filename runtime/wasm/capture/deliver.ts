/**
 * The end of a step on wasm: results go to where they belong, most of them without a copy.
 * @module
 */
import type { Tensors } from "../../tensor.ts";
import { bytesAt, changed, moved, type MovingBackend } from "./data.ts";

/**
 * Lets places have the results of the same names.
 *
 * @param results Their data.
 * @param owner Whose memory data lie in.
 * @param mayMove Whether that memory may be exchanged with a place's: nobody else needs what is in it.
 * @param finite Data whose numbers are known to be finite.
 */
export function deliver(
  backend: MovingBackend,
  places: Tensors,
  results: Readonly<Record<string, object>>,
  owner: (dataId: object) => object,
  mayMove: (dataId: object) => boolean,
  finite: WeakSet<object>,
): void {
  const exchanged = new Set<object>(), exchanges: (readonly [place: object, from: object])[] = [];
  const copies: { readonly place: object; readonly bytes: Uint8Array; readonly isFinite: boolean }[] = [];
  for (const [name, result] of Object.entries(results)) {
    const { dataId: place, size } = places[name], from = owner(result);
    if (from === place || size === 0) continue;
    if (mayMove(from) && !exchanged.has(from)) {
      exchanged.add(from);
      exchanges.push([place, from]);
    } else copies.push({ place, bytes: bytesAt(backend, from).slice(), isFinite: finite.has(from) }); // before anything moves
  }
  for (const [place, from] of exchanges) {
    const { memoryOffset } = backend.dataIdMap.get(place);
    moved(backend, place, backend.dataIdMap.get(from).memoryOffset);
    moved(backend, from, memoryOffset);
    noteFinite(finite, place, finite.has(from));
    finite.delete(from);
  }
  for (const { place, bytes, isFinite } of copies) {
    bytesAt(backend, place).set(bytes);
    changed(backend, place);
    noteFinite(finite, place, isFinite);
  }
}

/** Takes down whether data are known to be finite. */
export function noteFinite(finite: WeakSet<object>, dataId: object, isFinite: boolean): void {
  if (isFinite) finite.add(dataId);
  else finite.delete(dataId);
}
