import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend, type Dataset, noisyLabels, rows } from "../../mod.ts";
import { rosenbrock } from "../../tasks/mod.ts";
import { comparable, fingerprint } from "../../data/fingerprint.ts";
import { holdOut } from "../../data/hold_out.ts";
import { classification, type Images, reconstruction } from "../../data/images.ts";

const inputs = Array.from({ length: 30 }, (_, i) => [i, -i, 0.5]), labels = inputs.map((_, i) => i % 3);
const of = (train: Dataset, test?: Dataset) => fingerprint({ train, test });

Deno.test("fingerprint: the same on every backend, and another one for whatever differs", async () => {
  const data = rows({ inputs, labels });
  for (const backend of ["wasm", "cpu"] as const) {
    await chooseBackend(backend);
    const { numTensors } = tf.memory(), same = await of(data), found = [same.sha256];
    assertEquals(await of(rows({ inputs, labels })), same);
    assertEquals([same.sizes, same.inputs], [[30, 0], { x: { dtype: "float32", shape: [3] } }]);
    const weighted: Dataset = {
      ...data,
      batch: (indices) => ({ ...data.batch(indices), weights: tf.ones([indices.length]) }),
    };
    const others = [
      of(rows({ inputs: inputs.toSpliced(-1, 1), labels: labels.toSpliced(-1, 1) })),
      of(rows({ inputs: inputs.with(29, [29, 29, 0.5]), labels })), // signs only
      of(rows({ inputs: inputs.map(([a, b, c], i) => i < 2 ? [-a, -b, c] : [a, b, c]), labels })),
      of(rows({ inputs, labels: labels.with(3, 1).with(4, 0) })), // two that changed places
      of(rows({ inputs, targets: labels.map((label) => [label]) })),
      of(weighted),
      of(data, data),
      fingerprint({ train: data, validation: data }),
      fingerprint({ train: data, validation: data, test: data }),
    ];
    for (const other of await Promise.all(others)) found.push(other.sha256);
    assertEquals(new Set(found).size, others.length + 1);
    assertEquals(tf.memory().numTensors, numTensors);
  }
  await chooseBackend("cpu");
  const onCpu = await of(data);
  await chooseBackend("wasm");
  assertEquals(await of(data), onCpu);
});

Deno.test("fingerprint: large data are read in parts; data without inputs have one too", async () => {
  await chooseBackend("cpu");
  const size = 100, asked: number[] = [];
  const of = (shift: number): Dataset => ({
    size,
    batch: (indices) => {
      asked.push(indices.length);
      return {
        inputs: { x: tf.fill([indices.length, 2 ** 18], 1) }, // 2^20 bytes a row, of which 2^24 are read at a time
        targets: tf.tensor1d(Array.from(indices, (i) => i === size - 1 ? shift : i)),
      };
    },
  });
  const one = await fingerprint({ train: of(0) });
  assertEquals(asked, [1, 16, 16, 16, 16, 16, 16, 3]);
  assertNotEquals((await fingerprint({ train: of(1) })).sha256, one.sha256);
  assertEquals((await fingerprint(await rosenbrock.load())).inputs, {});
});

Deno.test("fingerprint: of images their bytes are read, and one batch of a few; whatever differs is told, wrong labels too", async () => {
  await chooseBackend("wasm");
  const pixels = Uint8Array.from({ length: 40 * 6 }, (_, i) => i),
    labels = Uint8Array.from({ length: 40 }, (_, i) => i % 4);
  const images: Images = { pixels, labels, height: 2, width: 3, channels: 1, classes: 4, source: "" };
  const data = classification(images), asked: number[] = [];
  const batch: Dataset["batch"] = (indices) => (asked.push(indices.length), data.batch(indices));
  const same = await of({ ...data, batch });
  assert(asked.length === 1 && asked[0] <= 11, `${asked}`);
  assertEquals(await of(classification({ ...images, pixels: pixels.slice(), labels: labels.slice() })), same);
  const one = { ...images, pixels: pixels.subarray(0, 6), labels: labels.subarray(0, 1) };
  assertEquals((await of(classification(one))).sizes, [1, 0]);
  const held = holdOut({ train: data, source: "" }, 0.5);
  /** The same contents with other batches: example `other(i)` in the place of example i. */
  const mapped = (other: (i: number) => number): Dataset => ({
    ...data,
    batch: (indices) => data.batch(Array.from(indices, other)),
  });
  const others = [
    of(mapped((i) => i === 39 ? 38 : i)), // the last one
    of(mapped((i) => i === 20 ? 21 : i)), // the middle one
    of(mapped((i) => i === 0 ? 0 : 40 - i)), // all but the first and the middle one
    of(mapped((i) => [0, 20, 39].includes(i) ? i : i + (i % 2 ? 1 : -1))), // all but those three
    of(classification({ ...images, pixels: pixels.with(239, 0) })),
    of(classification({ ...images, labels: labels.with(39, 0) })),
    of(classification({ ...images, pixels: pixels.subarray(0, 39 * 6), labels: labels.subarray(0, 39) })),
    of(reconstruction(images)),
    of(noisyLabels(data, 0.1)),
    of(noisyLabels(data, 0.2)),
    of(data, data),
    of(held.train),
    of(held.test!),
    of(holdOut({ train: noisyLabels(data, 0.1), source: "" }, 0.5).train),
  ];
  const found = [same, ...await Promise.all(others)].map(({ sha256 }) => sha256);
  assertEquals(new Set(found).size, others.length + 1);
});

Deno.test("fingerprint: subsets of equal size that differ in examples which are not read are told apart", async () => {
  await chooseBackend("wasm");
  for (let odd = 0; odd < 40; odd++) { // the only image that is not black: one subset has it, the other has not
    const pixels = new Uint8Array(40 * 6).fill(1, odd * 6, odd * 6 + 6), labels = new Uint8Array(40);
    const train = classification({ pixels, labels, height: 2, width: 3, channels: 1, classes: 4, source: "" });
    const held = holdOut({ train, source: "" }, 0.5);
    assertNotEquals((await of(held.train)).sha256, (await of(held.test!)).sha256, `image ${odd}`);
  }
});

Deno.test("fingerprint: it begins with its recipe's number, and says nothing about one of another recipe", async () => {
  await chooseBackend("cpu");
  const now = await of(rows({ inputs, labels }));
  assertMatch(now.sha256, /^2:[0-9a-f]{64}$/);
  const hex = now.sha256.slice(2), as = (sha256: string) => ({ ...now, sha256 });
  assertEquals(
    [now.sha256, "2:0", hex, `1:${hex}`, `22:${hex}`].map((sha256) => comparable(as(sha256), now)),
    [true, true, false, false, false], // without a number: of a version before recipes had any
  );
});
