import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../runtime/errors.ts";
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from "../../runs/checkpoint.ts";
import type { RunConfig } from "../../runs/config.ts";
import { decode } from "../../runs/safetensors.ts";
import type { HostArrays } from "../../training/snapshot.ts";
import { contents, inFolder } from "../cli/command.ts";

/** A configuration as the command line makes it. */
const config: RunConfig = {
  format: 1,
  task: "mnist",
  model: "mlp",
  modelChoice: { hidden: [4], activation: "tanh" },
  optimizer: "apo-momentum",
  settings: { steps: 30, learningRate: 0.01, every: 5 },
  batchSize: 8,
  metaBatchSize: 4,
  seed: -3,
  backend: "cpu",
  data: "/home/λ/my data",
  logEvery: 10,
  evalEvery: 100,
  checkpointEvery: 200,
  versions: { apo: "0.0.0" },
};

const checkpoint: Checkpoint = {
  step: 17,
  metricsBytes: 1234,
  config,
  arrays: {
    "params.dense1/kernel": { dtype: "F32", shape: [2, 2], data: new Float32Array([0.1, -0, 1e-45, 3e38]) },
    "params.dense1/bias": { dtype: "F32", shape: [3], data: new Float32Array([0.5, -0, Infinity]) },
    "state.count": { dtype: "I32", shape: [], data: new Int32Array([-7]) },
    "state.flag": { dtype: "BOOL", shape: [2], data: new Uint8Array([1, 0]) },
  },
};

/** The same of a run that rounds: the bias takes 16 bits. */
const narrow: Checkpoint = { ...checkpoint, config: { ...config, precision: "bf16" } };

Deno.test("checkpoint: comes back to the bit, and the same content gives the same bytes", () =>
  inFolder(async (folder) => {
    await saveCheckpoint(`${folder}/a`, checkpoint);
    const loaded = await loadCheckpoint(`${folder}/a`);
    assertEquals(loaded, checkpoint);
    const bits = loaded.arrays["params.dense1/kernel"].data as Float32Array;
    assertEquals(new Uint32Array(bits.buffer), new Uint32Array(new Float32Array([0.1, -0, 1e-45, 3e38]).buffer));
    await saveCheckpoint(`${folder}/b`, loaded);
    const files = contents(folder);
    assertEquals(files.a, files.b);
  }));

// All patterns of either type, as the definition of bfloat16 and V8's Float16Array read them, and so every NaN of 16 bits.
Deno.test("checkpoint: of a run with a precision it is half as large, and comes back to the bit", () =>
  inFolder(async (folder) => {
    const patterns = Uint16Array.from({ length: 65536 }, (_, pattern) => pattern);
    const arrays: HostArrays = {
      "params.kernel": {
        dtype: "F32",
        shape: [256, 256],
        data: new Float32Array(Uint32Array.from(patterns, (pattern) => pattern << 16).buffer),
      },
      "state.kernel": { dtype: "F32", shape: [65536], data: new Float32Array(new Float16Array(patterns.buffer)) },
    };
    await saveCheckpoint(`${folder}/wide`, { ...checkpoint, arrays });
    await saveCheckpoint(`${folder}/narrow`, { ...narrow, arrays });
    const { wide, narrow: half } = contents(folder), stored = decode(half).arrays;
    assertAlmostEquals(half.length / wide.length, 0.5, 0.002);
    assertEquals([stored["params.kernel"].dtype, stored["state.kernel"].dtype], ["BF16", "F16"]);
    const loaded = await loadCheckpoint(`${folder}/narrow`);
    assertEquals(loaded.config.precision, "bf16");
    for (const [path, { shape, data }] of Object.entries(arrays)) {
      assertEquals([loaded.arrays[path].dtype, loaded.arrays[path].shape], ["F32", shape]);
      const [back, bits] = [loaded.arrays[path].data, data].map(({ buffer }) => new Uint32Array(buffer));
      assertEquals(back.findIndex((x, i) => x !== bits[i]), -1, path);
    }
    await saveCheckpoint(`${folder}/again`, loaded);
    assert(contents(folder).again.every((byte, i) => byte === half[i]));
  }));

// What other programs can read: the arrays under their paths, and the configuration as JSON in the metadata.
Deno.test("checkpoint: is a plain safetensors file with the configuration in its metadata", () =>
  inFolder(async (folder) => {
    await saveCheckpoint(`${folder}/a`, checkpoint);
    const { arrays, metadata } = decode(contents(folder).a);
    assertEquals(Object.keys(arrays).sort(), Object.keys(checkpoint.arrays).sort());
    assertEquals(JSON.parse(metadata.config), JSON.parse(JSON.stringify(config)));
    assertEquals(metadata.step, "17");
  }));

Deno.test("checkpoint: every single flipped bit is noticed, and the file is left as it is", () =>
  inFolder(async (folder) => {
    await saveCheckpoint(`${folder}/good`, narrow);
    const good = contents(folder).good;
    for (let at = 0; at < good.length; at++) {
      const bad = good.slice();
      bad[at] ^= 1 << (at % 8);
      await Deno.writeFile(`${folder}/bad`, bad);
      const error = await assertRejects(
        () => loadCheckpoint(`${folder}/bad`),
        UserError,
        `${folder}/bad`,
        `byte ${at}`,
      );
      assert(error.message.endsWith("train anew, in another folder"), error.message);
      assertEquals(contents(folder).bad, bad);
    }
  }));

Deno.test("checkpoint: every truncation is noticed", () =>
  inFolder(async (folder) => {
    await saveCheckpoint(`${folder}/good`, narrow);
    const good = contents(folder).good;
    for (let length = 0; length < good.length; length += 7) {
      await Deno.writeFile(`${folder}/bad`, good.subarray(0, length));
      await assertRejects(() => loadCheckpoint(`${folder}/bad`), UserError, `${folder}/bad`, `${length} bytes`);
    }
  }));
