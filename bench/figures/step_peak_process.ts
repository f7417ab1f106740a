/**
 * Some steps of momentum on ResNet-20 at batch 128, on wasm; prints the peak memory of the process in bytes at the end.
 * @module
 */
import process from "node:process";
import { catalogued } from "../../optimizers/catalogue/catalogue.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { randomImages } from "../random_images.ts";
import { trainee } from "../trainee.ts";

const STEPS = 3; // memory grows in the first, and maybe in the second

await chooseBackend("wasm", { blas: "off", threads: 1 });
const { models, output, load, defaults } = randomImages;
const problem = { model: models.resnet.build({ depth: 20, width: 16 }), output };
const optimizer = catalogued("momentum").build(problem, {
  steps: 1000,
  learningRate: defaults.learningRates.momentum,
});
const { train } = await load();
using training = trainee({ problem, optimizer, train, batchSize: 128, blockSteps: 1 });
for (let step = 0; step < STEPS; step++) await training.block();
console.log(process.resourceUsage().maxRSS * 1024);
