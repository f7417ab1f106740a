/**
 * The figure of jax-js.
 * @module
 */
import { chooseBackend } from "../../runtime/backend.ts";
import type { Figure, Row } from "../figure.ts";
import { compared } from "../peers/compared.ts";
import { jaxName, missingJax, startJax } from "../peers/jax.ts";
import { type PeerModelName, peerModels } from "../peers/models.ts";

const cases: readonly { readonly model: PeerModelName; readonly threads: "1" | "all"; readonly blockSteps: number }[] =
  [
    { model: "mlp", threads: "1", blockSteps: 5 },
    { model: "mlp", threads: "all", blockSteps: 5 },
    { model: "autoencoder", threads: "1", blockSteps: 1 },
    { model: "autoencoder", threads: "all", blockSteps: 1 },
  ];

/** How far ahead of jax-js ours is. */
export const figure: Figure = {
  description:
    `a step of Adam on wasm, on one thread, over one of ${jaxName}, compiled by jit as a whole, on wasm, on one ` +
    "thread and on all that it starts; the same model, weights and batches",
  quickly: "only the smaller model on one thread",
  measure: async (quick, tell) => {
    const missing = await missingJax();
    await chooseBackend("wasm", { threads: 1 });
    const rows: Row[] = [];
    for (const { model, threads, blockSteps } of quick ? cases.slice(0, 1) : cases) {
      const what = `${peerModels[model].what}; jax-js on ${threads === "1" ? "1 thread" : "all threads"}`;
      const row = { what, unit: "×", target: { atMost: 1 } } as const;
      tell(what);
      if (missing === undefined) rows.push({ ...row, ...await measured(model, threads, blockSteps, quick ? 3 : 10) });
      else rows.push({ ...row, detail: missing });
    }
    return rows;
  },
};

async function measured(
  model: PeerModelName,
  threads: "1" | "all",
  blockSteps: number,
  rounds: number,
): Promise<Pick<Row, "result" | "detail">> {
  try {
    await using jax = startJax(model, threads, blockSteps);
    const ratio = (ours: number, theirs: number) => ours / theirs;
    return await compared({ model, update: "adam", blockSteps, rounds, ratio }, jax);
  } catch (error) {
    return { detail: `it does not run here: ${(error as Error).message}` };
  }
}
