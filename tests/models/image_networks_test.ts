/** The networks of images: what the golden files do not hold. */
import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  alexnet,
  inference,
  lenet,
  type Model,
  resnet,
  resnet18,
  type Tensor,
  trainingMode,
  vgg16,
  wideResnet,
} from "../../models/mod.ts";
import { alexnetOf } from "../../models/networks/alexnet.ts";
import { VGG16, vggOf } from "../../models/networks/vgg.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { chanceOf } from "../../runtime/chance.ts";
import { UserError } from "../../runtime/errors.ts";
import { random, randomTensor } from "../../runtime/random.ts";

await chooseBackend("wasm");

const stream = random(1, "image networks");
const normal = (shape: readonly number[]) => randomTensor([...shape], () => stream.normal());
const sizes = (model: Model) => Object.values(model.leaves).map(({ shape }) => tf.util.sizeFromShape([...shape]));
const count = (model: Model) => sizes(model).reduce((total, n) => total + n, 0);

Deno.test("resnet: the published counts that the golden files do not have, and stages of any width", () => {
  assertEquals(count(resnet([32, 32, 3], 10, { depth: 20 })), 269_722);
  assertEquals(count(resnet([32, 32, 3], 10, { depth: 56 })), 853_018);
  assertEquals(count(resnet([32, 32, 3], 10, { depth: 110 })), 1_727_962);
  const { leaves, maps } = resnet([32, 32, 1], 10, { depth: 14, width: 6, shortcut: "B" });
  const convolutions = maps!.filter(({ windows }) => windows);
  assertEquals(convolutions.map(({ name, windows }) => [name, `${leaves[`${name}/kernel`].shape}`, windows!.stride]), [
    ["stem", "3,3,1,6", 1],
    ...["stage1/block1/conv1", "stage1/block1/conv2", "stage1/block2/conv1", "stage1/block2/conv2"]
      .map((name) => [name, "3,3,6,6", 1]),
    ["stage2/block1/conv1", "3,3,6,12", 2],
    ["stage2/block1/conv2", "3,3,12,12", 1],
    ["stage2/block1/shortcut", "1,1,6,12", 2],
    ...["stage2/block2/conv1", "stage2/block2/conv2"].map((name) => [name, "3,3,12,12", 1]),
    ["stage3/block1/conv1", "3,3,12,24", 2],
    ["stage3/block1/conv2", "3,3,24,24", 1],
    ["stage3/block1/shortcut", "1,1,12,24", 2],
    ...["stage3/block2/conv1", "stage3/block2/conv2"].map((name) => [name, "3,3,24,24", 1]),
  ]);
  assert(convolutions.every(({ bias }) => bias === undefined), "a bias before a batchNorm would do nothing");
});

Deno.test("wideResnet: WRN-16-1 and WRN-40-4 as published", () => {
  assertEquals(count(wideResnet([32, 32, 3], 10, { depth: 16, widen: 1 })), 175_066);
  assertEquals(count(wideResnet([32, 32, 3], 10, { depth: 40, widen: 4 })), 8_949_210);
});

Deno.test("lenet: smaller images get a margin up to 32 × 32, larger ones none", () => {
  const inputs = (height: number, width = height) => lenet([height, width, 1], 10).leaves["dense1/kernel"].shape[0];
  for (const side of [1, 8, 15, 20, 28, 31, 32]) assertEquals(inputs(side), 400, `${side}`);
  assertEquals([inputs(36), inputs(28, 64)], [6 * 6 * 16, 5 * 13 * 16]);
  // the margin is on all sides, the odd pixel behind
  assertEquals(lenet([28, 31, 1], 10).maps![0].windows!.margins, [[2, 2], [0, 1]]);
});

Deno.test("any image that is large enough gives a row of logits, in training and in evaluation", () => {
  tf.tidy(() => {
    const narrow = { channels: [[2], [2], [2], [2], [2]], normalized: true, bias: "separate" as const };
    const models: [image: number[], model: Model][] = [
      ...[[1, 1, 1], [5, 7, 2], [9, 4, 3]].flatMap((image): [number[], Model][] => [
        [image, resnet(image, 3, { depth: 8, width: 2, shortcut: "A" })],
        [image, resnet(image, 3, { depth: 8, width: 3, shortcut: "B" })],
        [image, wideResnet(image, 3, { depth: 10, widen: 1, dropout: 0.3 })],
        [image, lenet(image, 3)],
      ]),
      ...[[29, 29, 1], [30, 45, 2]].map((image): [number[], Model] => [image, alexnetOf(image, 3, [2, 2, 2, 2, 2])]),
      ...[[32, 32, 1], [35, 70, 2]].map((image): [number[], Model] => [image, vggOf(image, 3, narrow)]),
    ];
    for (const [image, model] of models) {
      const { params, buffers } = model.init(1), x = normal([4, ...image]);
      for (const mode of [trainingMode(chanceOf(1, 1)), inference]) {
        const { outputs } = model.apply(params, buffers, { x }, mode);
        assertEquals(outputs.shape, [4, 3], `${image}`);
        assert(outputs.dataSync().every(Number.isFinite), `${image}`);
      }
    }
  });
});

Deno.test("init: the kernels of all convolutions have the variance 2/fan_in", () => {
  const image = [32, 32, 3], narrow = { ...VGG16, channels: [[8], [16, 16]] };
  const models = {
    lenet: lenet(image, 10),
    alexnet: alexnetOf(image, 10, [8, 16, 16, 16, 16]),
    vgg: vggOf(image, 10, narrow),
    resnet: resnet(image, 10, { depth: 8, width: 16, shortcut: "B" }),
    wideResnet: wideResnet(image, 10, { depth: 10, widen: 2 }),
  };
  for (const [network, model] of Object.entries(models)) {
    tf.tidy(() => {
      const { params } = model.init(3);
      for (const [name, { shape, role }] of Object.entries(model.leaves)) {
        if (role !== "conv") continue;
        const values = [...params[name].dataSync()], n = values.length, expected = 2 / (n / shape[3]);
        const second = values.reduce((total, x) => total + x * x, 0) / n;
        // 5 standard errors of a normal distribution's second moment: there are fifty kernels
        assertAlmostEquals(second / expected, 1, 5 * Math.sqrt(2 / n), `${network} ${name}`);
      }
    });
  }
});

Deno.test("wideResnet: dropout is before the second convolution of each block, in training alone", () => {
  const image = [8, 8, 1], rate = 0.4, options = { depth: 10, widen: 1 };
  const with_ = wideResnet(image, 3, { ...options, dropout: rate }), without = wideResnet(image, 3, options);
  tf.tidy(() => {
    const { params, buffers } = with_.init(1), x = normal([6, ...image]);
    const inputsOf = (model: Model, step: number) => {
      const inputs: Record<string, Tensor> = {}, mode = trainingMode(chanceOf(1, step));
      const tap = (map: { name: string }, use: { inputs: Tensor; outputs: Tensor }) => {
        inputs[map.name] = use.inputs;
        return use.outputs;
      };
      return { ...model.apply(params, buffers, { x }, { ...mode, tap }), inputs };
    };
    const dropped = inputsOf(with_, 1), whole = inputsOf(without, 1), block = "stage1/block1";
    assertEquals(dropped.inputs[`${block}/conv1`].dataSync(), whole.inputs[`${block}/conv1`].dataSync());
    const [ours, all] = [dropped, whole].map(({ inputs }) => inputs[`${block}/conv2`].dataSync());
    let active = 0, zeros = 0;
    ours.forEach((y, i) => {
      if (all[i] === 0) return assertEquals(y, 0);
      active++;
      if (y === 0) zeros++;
      else assertAlmostEquals(y, all[i] / (1 - rate), 1e-5 * (1 + all[i]));
    });
    // within four standard deviations
    assertAlmostEquals(zeros / active, rate, 4 * Math.sqrt(rate * (1 - rate) / active));

    const outputs = ({ outputs }: { outputs: Tensor }) => [...outputs.dataSync()];
    assertEquals(outputs(inputsOf(with_, 1)), outputs(dropped));
    assertNotEquals(outputs(inputsOf(with_, 2)), outputs(dropped));
    assertNotEquals(outputs(whole), outputs(dropped));
    const evaluated = (model: Model) => outputs(model.apply(params, buffers, { x }, inference));
    assertEquals(evaluated(with_), evaluated(without));
  });
});

Deno.test("what cannot be is refused, with its name, its value and what can", () => {
  const image = [32, 32, 3], image32 = "image is [31, 40, 1]; vgg16 takes images of 32 × 32 and more";
  const refused: [() => unknown, string][] = [
    [() => resnet(image, 10, { depth: 9 }), "depth is 9; give 6n + 2, such as 8, 14 or 20"],
    [() => resnet(image, 10, { depth: 2 }), "depth is 2; give 6n + 2"],
    [() => resnet(image, 10, { depth: NaN }), "depth is NaN; give 6n + 2"],
    [() => resnet(image, 10, { depth: 8, width: 0 }), "width is 0; give a positive whole number"],
    [() => resnet(image, 10, { depth: 8, width: 2.5 }), "width is 2.5; give a positive whole number"],
    [() => resnet(image, 10, { depth: 8, shortcut: "C" as "B" }), 'shortcut is "C"; give "A" or "B"'],
    [() => resnet(image, 10, undefined!), "depth is undefined; give 6n + 2, such as 8, 14 or 20"],
    [() => wideResnet(image, 10, undefined!), "widen is undefined; give a positive whole number"],
    [() => wideResnet(image, 10, { depth: 20, widen: 1 }), "depth is 20; give 6n + 4, such as 10, 16 or 22"],
    [() => wideResnet(image, 10, { depth: 10, widen: 0 }), "widen is 0; give a positive whole number"],
    [
      () => wideResnet(image, 10, { depth: 10, widen: 1, dropout: 1 }),
      "dropout: rate is 1; give a number from 0, below 1",
    ],
    [() => vgg16([31, 40, 1], 10), image32],
    [() => alexnet([64, 28, 3], 10), "image is [64, 28, 3]; alexnet takes images of 29 × 29 and more"],
    [() => resnet18([784], 10), "image is [784]; give [height, width, channels], such as [32, 32, 3]"],
    [() => lenet(28 as unknown as number[], 10), "image is 28; give [height, width, channels]"],
    [() => lenet(undefined!, 10), "image is undefined; give [height, width, channels]"],
    [() => vgg16(image, 0), "classes is 0; give a positive whole number"],
    [() => lenet([28, 28], 10), "image is [28, 28]; give [height, width, channels]"],
    [() => lenet([28, 28, 0], 10), "image is [28, 28, 0]; give [height, width, channels]"],
    [() => lenet([28, -1, 1], 10), "image is [28, -1, 1]; give [height, width, channels]"],
    [() => lenet([28, 28, 1], 0), "classes is 0; give a positive whole number"],
    [() => resnet18(image, 1.5), "classes is 1.5; give a positive whole number"],
  ];
  for (const [build, message] of refused) assertThrows(build, UserError, message);
});
