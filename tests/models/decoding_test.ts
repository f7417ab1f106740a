/** Decoding: with kept keys and values as without, and as by trying all sequences. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { beamSearch, chooseBackend, greedy, inference, random, transformer, UserError } from "../../mod.ts";
import type { Tensors } from "../../runtime/tensor.ts";
import { disposeTree, mapTensors } from "../../runtime/tree.ts";
import { webgpuTest } from "../runtime/webgpu_test_case.ts";

const VOCABULARY = 6, START = 1, END = 2, OPTIONS = { start: START, end: END };
const model = transformer({ vocabulary: VOCABULARY, width: 8, heads: 2, hidden: 8, layers: 2 });
const draw = random(5, "sources");
const sources = [3, 1, 5, 4].map((length) => [...Array.from({ length }, () => 3 + draw.integer(3)), END]);

/** Parameters that are larger than initial ones, so that likelihoods differ. */
const drawn = (seed: number): Tensors => tf.tidy(() => mapTensors(model.init(seed).params, (x) => tf.mul(x, 2.5)));

/** log p of what follows each position, of the whole network at once. */
function logs(params: Tensors, source: readonly number[], before: readonly number[]): number[] {
  return tf.tidy(() => {
    const inputs = {
      source: tf.tensor2d([[...source]], undefined, "int32"),
      target: tf.tensor2d([[START, ...before]], undefined, "int32"),
    };
    const { outputs } = model.apply(params, {}, inputs, inference);
    return [...tf.logSoftmax(tf.reshape(tf.slice(outputs, [0, before.length, 0], [1, 1, -1]), [-1])).dataSync()];
  });
}

function greedyAtOnce(params: Tensors, source: readonly number[], longest: number): number[] {
  const written: number[] = [];
  while (written.length < longest) {
    const all = logs(params, source, written), best = all.indexOf(Math.max(...all));
    if (best === END) break;
    written.push(best);
  }
  return written;
}

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`greedy on ${backend}: batches with padding and kept keys give what the whole network says token by token`, async () => {
    await chooseBackend(backend);
    const lengths = new Set<number>(), before = tf.memory().numTensors;
    for (let seed = 0; seed < 4; seed++) {
      const params = drawn(seed),
        maxLength = () => 7,
        written = await greedy(model, params, sources, { ...OPTIONS, maxLength });
      assertEquals(written, sources.map((source) => greedyAtOnce(params, source, 7)));
      written.forEach(({ length }) => lengths.add(length));
      disposeTree(params);
    }
    assert(lengths.size > 1 && lengths.has(7), `some end and some do not: ${[...lengths]}`);
    assertEquals(tf.memory().numTensors, before);
  });
}

Deno.test("beamSearch that follows all sequences finds the best of them, for each length penalty", async () => {
  await chooseBackend("cpu");
  const most = 3, maxLength = () => most, before = tf.memory().numTensors;
  for (const [seed, lengthPenalty] of [[0, 0.6], [1, 0], [2, 2]]) {
    const params = drawn(seed), beam = VOCABULARY ** most;
    const found = await beamSearch(model, params, sources.slice(0, 2), { ...OPTIONS, beam, lengthPenalty, maxLength });
    sources.slice(0, 2).forEach((source, i) => {
      const all: { tokens: number[]; value: number }[] = [];
      const visit = (tokens: number[], score: number) => {
        const next = logs(params, source, tokens);
        all.push({ tokens, value: (score + next[END]) / ((6 + tokens.length) / 6) ** lengthPenalty });
        if (tokens.length + 1 < most) {
          next.forEach((log, token) => token !== END && visit([...tokens, token], score + log));
        }
      };
      visit([], 0);
      all.sort((a, b) => b.value - a.value);
      assert(all[0].value - all[1].value > 1e-4, "there is a best one");
      assertEquals(found[i], all[0].tokens);
    });
    disposeTree(params);
  }
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("beamSearch with one hypothesis and no length penalty writes what greedy writes", async () => {
  await chooseBackend("wasm");
  for (let seed = 0; seed < 4; seed++) {
    const params = drawn(seed), written = await greedy(model, params, sources, OPTIONS);
    assertEquals(await beamSearch(model, params, sources, { ...OPTIONS, beam: 1, lengthPenalty: 0 }), written);
    disposeTree(params);
  }
});

Deno.test("beamSearch: sources decoded together are decoded as each by itself; a wider beam finds no less likely sequence", async () => {
  await chooseBackend("wasm");
  const params = drawn(7),
    likelihood = (source: number[], tokens: number[]) =>
      [...tokens, END].reduce((sum, token, i) => sum + logs(params, source, tokens.slice(0, i))[token], 0);
  const together = await beamSearch(model, params, sources, { ...OPTIONS, beam: 3 });
  for (const [i, source] of sources.entries()) {
    const [alone] = await beamSearch(model, params, [source], { ...OPTIONS, beam: 3 });
    assertEquals(together[i], alone);
    const [wide] = await beamSearch(model, params, [source], { ...OPTIONS, beam: 20, lengthPenalty: 0 });
    const [narrow] = await beamSearch(model, params, [source], { ...OPTIONS, beam: 1, lengthPenalty: 0 });
    assert(likelihood(source, wide) >= likelihood(source, narrow) - 1e-4);
  }
  disposeTree(params);
});

webgpuTest("webgpu: greedy and beamSearch write the tokens that they write on cpu", async () => {
  const written = async (): Promise<number[][][]> => {
    const all: number[][][] = [], before = tf.memory().numTensors;
    for (let seed = 0; seed < 2; seed++) {
      const params = drawn(seed);
      all.push(await greedy(model, params, sources, OPTIONS));
      all.push(await beamSearch(model, params, sources, { ...OPTIONS, beam: 3 }));
      disposeTree(params);
    }
    assertEquals(tf.memory().numTensors, before);
    return all;
  };
  const there = await written();
  await chooseBackend("cpu");
  assertEquals(there, await written());
  assert(
    there.some((sequences, i) => i % 2 === 1 && `${sequences}` !== `${there[i - 1]}`),
    "they differ from each other",
  );
});

Deno.test("decoding refuses what it cannot read, and sizes that are none", async () => {
  await chooseBackend("cpu");
  const params = drawn(0), before = tf.memory().numTensors;
  const refused: [() => Promise<unknown>, string][] = [
    [() => greedy(model, params, [], OPTIONS), "there are no sequences to decode"],
    [() => greedy(model, params, [[3], []], OPTIONS), "sequences[1] is empty"],
    [() => greedy(model, params, [[VOCABULARY]], OPTIONS), 'but the table "embedding/table" has 6 entries'],
    [() => greedy(model, params, [[3]], { start: START } as never), "end is undefined; give a positive whole number"],
    [
      () => greedy(model, params, [[3]], { ...OPTIONS, maxLength: () => NaN }),
      "maxLength(1) is NaN; give a positive whole number",
    ],
    [() => beamSearch(model, params, [[3]], { ...OPTIONS, beam: 0 }), "beam is 0; give a positive whole number"],
    [() => beamSearch(model, params, [[3]], { ...OPTIONS, beam: 2, lengthPenalty: -1 }), "lengthPenalty is -1"],
  ];
  for (const [run, message] of refused) await assertRejects(run, UserError, message);
  assertEquals(tf.memory().numTensors, before);
  disposeTree(params);
});
