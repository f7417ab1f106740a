/**
 * Trains with jax-js: Adam, the whole step one compiled function. Arguments: what to import, the model's name. For every number
 * on its input it trains so many steps, and answers with their time and losses.
 *
 * What to import comes as an argument so that no lock file and no check of types needs the package; nothing of it has a type
 * here. jax-js takes a reference away from whatever is passed to a function, and `ref` adds one.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { sampler } from "../../data/sampler.ts";
import { type PeerModel, type PeerModelName, peerModels, RATES } from "./models.ts";
import { lines } from "./process.ts";

const [specifier, name, threads] = Deno.args;
if (threads === "1") Reflect.deleteProperty(globalThis, "SharedArrayBuffer"); // without which it starts no workers
const { init, jit, nn, numpy: np, tree, valueAndGrad } = await import(specifier);
await init("wasm");
tf.env().set("IS_NODE", false);
await tf.setBackend("cpu"); // only makes weights and batches

const { task, problem, batchSize, activations, classes }: PeerModel = peerModels[name as PeerModelName];
const { train } = await task.load();
const order = sampler(train.size, batchSize, 0);
const array = (tensor: tf.Tensor) => np.array(tensor.dataSync()).reshape(tensor.shape);
const { params } = problem.model.init(0);
type Layers = { kernel: typeof np.Array; bias: typeof np.Array }[];
const weights: Layers = activations.map((_, i) => ({
  kernel: array(params[`dense${i + 1}/kernel`]),
  bias: array(params[`dense${i + 1}/bias`]),
}));

const units: Readonly<Record<string, (x: typeof np.Array) => typeof np.Array>> = {
  relu: nn.relu,
  tanh: np.tanh,
  linear: (x) => x,
};

function cost(layers: Layers, x: typeof np.Array, y: typeof np.Array): typeof np.Array {
  const outputs = layers.reduce(
    (input, { kernel, bias }, i) => units[activations[i]](np.matmul(input, kernel).add(bias)),
    x,
  );
  if (classes !== undefined) return nn.logSoftmax(outputs).mul(nn.oneHot(y, classes)).sum().mul(-1 / batchSize);
  return nn.softplus(outputs.ref).sub(outputs.mul(y)).sum().mul(1 / batchSize);
}

const decay1 = 0.9, decay2 = 0.999, epsilon = 1e-8;
const zeros = () => tree.map((x: typeof np.Array) => np.zeros(x.shape), weights);
let carry = { layers: weights, mean: zeros(), square: zeros(), corrections: [np.array(0), np.array(0)] };
const advance = jit(({ layers, mean, square, corrections }: typeof carry, x: typeof np.Array, y: typeof np.Array) => {
  const [loss, gradient] = valueAndGrad(cost)(tree.ref(layers), x, y);
  const c1 = corrections[0].mul(decay1).add(1 - decay1), c2 = corrections[1].mul(decay2).add(1 - decay2);
  const first = tree.map(
    (m: typeof np.Array, g: typeof np.Array) => m.mul(decay1).add(g.mul(1 - decay1)),
    mean,
    tree.ref(gradient),
  );
  const second = tree.map(
    (v: typeof np.Array, g: typeof np.Array) => v.mul(decay2).add(g.ref.mul(g).mul(1 - decay2)),
    square,
    gradient,
  );
  const moved = tree.map(
    (w: typeof np.Array, m: typeof np.Array, v: typeof np.Array) =>
      w.sub(m.div(c1.ref).mul(RATES.adam).div(np.sqrt(v.div(c2.ref)).add(epsilon))),
    layers,
    tree.ref(first),
    tree.ref(second),
  );
  return [{ layers: moved, mean: first, square: second, corrections: [c1, c2] }, loss];
});

let step = 0;
for await (const line of lines(Deno.stdin.readable)) {
  const batches = Array.from({ length: Number(line) }, () =>
    tf.tidy(() => {
      const { inputs, targets } = train.batch(order.indices(step++));
      return [array(inputs.x as tf.Tensor), array(targets)];
    }));
  const begin = performance.now();
  const costs = batches.map(([x, y]) => {
    const [next, loss] = advance(carry, x, y);
    carry = next;
    return loss;
  });
  const losses: number[] = [];
  for (const loss of costs) losses.push((await loss.data())[0]);
  const milliseconds = performance.now() - begin;
  console.log(JSON.stringify({ milliseconds, losses }));
}
Deno.exit(0); // its workers would not end
