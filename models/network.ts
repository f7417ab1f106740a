/**
 * From modules to a {@linkcode Model}.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../runtime/errors.ts";
import { type Random, random } from "../runtime/random.ts";
import type { Tensor, Tensors, Tree } from "../runtime/tensor.ts";
import type { LinearMap } from "./linear_map.ts";
import { checkRowNumbers, rowsOf } from "./look_up.ts";
import { inference } from "./mode.ts";
import type { Leaf, Mode, Model } from "./model.ts";
import type { Built, Module, Pass, Shape, Site } from "./module.ts";

/** What the modules of a network declare. */
interface Declared {
  readonly leaves: Record<string, Leaf>;
  readonly maps: LinearMap[];
  /** Initial values of parameters, by the path of their site: all of one site draw from one stream. */
  readonly params: Map<string, (readonly [name: string, init: (random: Random) => Tensor])[]>;
  readonly buffers: Record<string, () => Tensor>;
}

/** A module of several inputs by name, whose function takes them by the same names. */
export interface BuiltForInputs {
  /** The shape of an example's output. */
  readonly output: Shape;
  /** Pure. */
  apply(pass: Pass, inputs: Readonly<Record<string, Tensor>>): Tensor;
}

/**
 * A network of one module.
 *
 * @param module Built with the shape of the input `x`.
 * @param input The shape of an example of `x`.
 * @throws `UserError` for shapes that do not fit, and for names that are declared twice.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { dense, network, series } from "@amortized/apo/models";
 *
 * const model = network(series([dense({ units: 4, activation: "relu" }), dense({ units: 3 })]), [2]);
 * assertEquals(Object.keys(model.leaves), ["dense1/kernel", "dense1/bias", "dense2/kernel", "dense2/bias"]);
 * ```
 */
export function network(module: Module, input: Shape): Model;
/**
 * A network of several inputs.
 *
 * @param module Built with the shapes of the inputs by their names.
 * @param inputs The shape of an example of each.
 */
export function network(
  module: Module<Readonly<Record<string, Shape>>, BuiltForInputs>,
  inputs: Readonly<Record<string, Shape>>,
): Model;
export function network(
  module: Module<never, Built | BuiltForInputs>,
  input: Shape | Readonly<Record<string, Shape>>,
): Model {
  return assembled(module, input).model;
}

/** A network with what it was made of, for those who use its parts by themselves. */
export interface Assembled<Result> {
  /** The network. */
  readonly model: Model;
  /** What its module has built. */
  readonly built: Result;
  /** A pass in inference through any of its parts. */
  pass(params: Tensors, buffers: Tree): Pass;
}

/** As {@linkcode network}. */
export function assembled<Input extends Shape | Readonly<Record<string, Shape>>, Result extends Built | BuiltForInputs>(
  module: Module<Input, Result>,
  input: Input,
): Assembled<Result> {
  const declared: Declared = { leaves: {}, maps: [], params: new Map(), buffers: {} };
  const built = module.build(siteAt("", declared), input);
  const shapes: Readonly<Record<string, Shape>> = isShape(input) ? { x: input } : input;
  const model: Model = {
    leaves: declared.leaves,
    maps: declared.maps,
    init: (seed) => {
      const values: Record<string, Tensor> = {};
      for (const [site, params] of declared.params) {
        const stream = random(seed, `init/${site}`);
        for (const [name, init] of params) values[name] = init(stream);
      }
      const params = Object.fromEntries(Object.keys(declared.leaves).map((name) => [name, values[name]]));
      return { params, buffers: Object.fromEntries(Object.entries(declared.buffers).map(([name, f]) => [name, f()])) };
    },
    apply: (params, buffers, inputs, mode) => {
      checkInputs(inputs, shapes);
      const updates: Record<string, Tensor> = {};
      const pass = passOf(params, buffers, { updates, seen: {} }, mode);
      const outputs = built.apply(pass, (isShape(input) ? inputs.x : inputs) as Tensor & Tensors);
      return { outputs, buffers: { ...buffers as Tensors, ...updates } };
    },
  };
  return { model, built, pass: (params, buffers) => passOf(params, buffers, { updates: {}, seen: {} }, inference) };
}

const isShape = (input: Shape | Readonly<Record<string, Shape>>): input is Shape => Array.isArray(input);

function siteAt(path: string, declared: Declared): Site {
  const within = (name: string) => path === "" ? name : `${path}/${name}`;
  const children = new Set<string>();
  const free = (name: string): string => {
    const full = within(name);
    if (full in declared.leaves || full in declared.buffers || children.has(name)) {
      throw new UserError(`the network has "${full}" already; give each part of a module a name of its own`);
    }
    return full;
  };
  return {
    path,
    param: (name, { shape, role, init }) => {
      const parameter = free(name);
      declared.leaves[parameter] = { shape, role };
      declared.params.set(path, [...declared.params.get(path) ?? [], [parameter, init]]);
      return { parameter };
    },
    buffer: (name, init) => {
      const buffer = free(name);
      declared.buffers[buffer] = init;
      return { buffer };
    },
    map: ({ kernel: { parameter: kernel }, bias, windows }) => {
      const map = { name: kernel.replace(/\/kernel$/, ""), kernel, ...bias && { bias: bias.parameter }, windows };
      declared.maps.push(map);
      return map;
    },
    child: (name, module, input) => {
      const full = free(name);
      children.add(name);
      return module.build(siteAt(full, declared), input);
    },
  };
}

/** What a pass makes of the buffers: their new values, and for recalibration the statistics of each so far. */
interface Changes {
  readonly updates: Record<string, Tensor>;
  readonly seen: Record<string, Tensor[]>;
}

function passOf(params: Tensors, buffers: Tree, changes: Changes, mode: Mode, mask?: Tensor): Pass {
  const { updates, seen } = changes;
  const current = (buffer: string): Tensor => updates[buffer] ?? (buffers as Tensors)[buffer];
  return {
    training: mode.training,
    batchStatistics: mode.training || mode.recalibration !== undefined,
    tapped: mode.tap !== undefined,
    param: ({ parameter }) => params[parameter],
    buffer: ({ buffer }) => current(buffer),
    update: ({ buffer }, value) => {
      if (mode.training) updates[buffer] = value;
    },
    average: ({ buffer }, statistic, momentum) => {
      if (!mode.training && mode.recalibration === undefined) return;
      const moved = (from: Tensor, to: Tensor, share: number): Tensor =>
        tf.add(tf.mul(from, 1 - share), tf.mul(to, share));
      if (mode.recalibration === undefined) {
        updates[buffer] = moved(current(buffer), statistic, momentum);
        return;
      }
      (seen[buffer] ??= []).push(statistic); // a part that is used twice counts as often in each batch
      const mean = tf.div(tf.addN([...seen[buffer]]), seen[buffer].length);
      updates[buffer] = moved((buffers as Tensors)[buffer], mean, 1 / (mode.recalibration + 1));
    },
    random: (name) => mode.random(name),
    lookUp: ({ parameter: name }, numbers) => {
      const table = params[name], rows = { name, entries: table.shape[0] };
      mode.lookUp?.(rows, numbers);
      checkRowNumbers("the input", rows, numbers);
      return rowsOf(table, numbers);
    },
    use: (map, { inputs, outputs }) => mode.tap?.(map, { inputs, outputs, ...mask && { mask } }) ?? outputs,
    masked: (only) => passOf(params, buffers, changes, mode, only),
  };
}

/** @throws `UserError` for inputs that are missing or of another shape. */
function checkInputs(inputs: Tree, shapes: Readonly<Record<string, Shape>>): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const given = inputs[name], expected = `[batch${shape.map((n) => `, ${n === -1 ? "any" : n}`).join("")}]`;
    if (!(given instanceof tf.Tensor)) {
      const others = Object.keys(inputs).join(", ") || "none";
      throw new UserError(`the model takes an input "${name}" of shape ${expected}; the batch's inputs are: ${others}`);
    }
    const fits = given.rank === shape.length + 1 && shape.every((n, i) => n === -1 || n === given.shape[i + 1]);
    if (!fits) {
      throw new UserError(`the input "${name}" has the shape [${given.shape.join(", ")}]; the model takes ${expected}`);
    }
  }
}
