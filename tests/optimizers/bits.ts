/** Trees of tensors as bits, on any backend. */
import type { Tree } from "../../mod.ts";
import { flatten } from "../../runtime/tree.ts";

/** The bytes of each tensor by path. */
export async function bitsOf(tree: Tree): Promise<Readonly<Record<string, Uint8Array>>> {
  const entries = Object.entries(flatten(tree)).map(async ([path, tensor]) =>
    [path, new Uint8Array((await tensor.data()).slice().buffer)] as const
  );
  return Object.fromEntries(await Promise.all(entries));
}
