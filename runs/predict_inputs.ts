/**
 * What a model is asked about.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../runtime/errors.ts";
import type { Tensor, Tree } from "../runtime/tensor.ts";
import { flatten } from "../runtime/tree.ts";
import type { Fingerprint, InputKind } from "../data/fingerprint.ts";

/** Numbers one after another. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array | Uint8ClampedArray;

/** Numbers as lists of lists, of which the innermost may be typed arrays. */
export type NestedNumbers = readonly (number | TypedArray | NestedNumbers)[];

/**
 * One input for any number of examples, `[rows, …]`: a tensor, which stays the caller's, lists of lists, or a typed array with the
 * numbers of all rows.
 */
export type InputValues = Tensor | NestedNumbers | TypedArray;

/** Inputs by name; inputs in groups are objects of objects, as in the batches. */
export type NamedInputs = { readonly [name: string]: InputValues | NamedInputs };

/** What the data had by the path of the input; undefined for runs of older versions, which did not write it down. */
type Kinds = Fingerprint["inputs"] | undefined;

/**
 * Inputs as tensors that the caller's `tf.tidy` owns.
 *
 * @throws `UserError` that says what does not fit, and what does.
 */
export function inputTree(given: InputValues | NamedInputs, kinds: Kinds): Tree {
  const names = Object.keys(kinds ?? { x: undefined });
  if (isValues(given) && names.length !== 1) throw misfit("these are the values of one input", kinds);
  const tree = tensors(isValues(given) ? grouped(names[0], given) : given, kinds, "");
  const found = flatten(tree), strange = Object.keys(found).find((path) => !names.includes(path));
  if (kinds && strange !== undefined) throw misfit(`there is no input "${strange}"`, kinds);
  const missing = names.find((path) => !(path in found));
  if (kinds && missing !== undefined) throw misfit(`the input "${missing}" is missing`, kinds);
  const rows = Object.entries(found).map(([path, { shape }]) => `${shape[0]} of ${path}`);
  if (new Set(Object.values(found).map(({ shape }) => shape[0])).size > 1) {
    throw misfit(`the numbers of rows differ, ${rows.join(", ")}`, kinds);
  }
  return tree;
}

/** A message that names what the model takes. */
export function misfit(what: string, kinds: Kinds): UserError {
  const takes = Object.entries(kinds ?? {}).map(([path, kind]) => described(path, ["rows", ...kind.shape], kind.dtype));
  const fits = kinds === undefined ? "give what it was trained on" : `it takes ${takes.join(" and ") || "no inputs"}`;
  return new UserError(`predict: ${what.replaceAll(/\s*\n\s*/g, " ")}; ${fits}`);
}

/** The inputs' names, shapes and types in words. */
export const treeText = (tree: Tree): string =>
  Object.entries(flatten(tree)).map(([path, { shape, dtype }]) => described(path, shape, dtype)).join(" and ");

const described = (path: string, shape: readonly (string | number)[], dtype: string) =>
  `${path}: ${dtype} [${shape.join(", ")}]`;

const isTypedArray = (x: unknown): x is TypedArray => ArrayBuffer.isView(x) && !(x instanceof DataView);
const isValues = (x: InputValues | NamedInputs): x is InputValues =>
  x instanceof tf.Tensor || Array.isArray(x) || isTypedArray(x);

/** `"a.b"` as `{ a: { b: values } }`. */
const grouped = (path: string, values: InputValues): NamedInputs =>
  path.split(".").reduceRight<InputValues | NamedInputs>((inner, name) => ({ [name]: inner }), values) as NamedInputs;

function tensors(named: NamedInputs, kinds: Kinds, prefix: string): Tree {
  return Object.fromEntries(
    Object.entries(named).map(([name, values]) => {
      const path = prefix + name;
      return [name, isValues(values) ? tensorOf(path, values, kinds) : tensors(values, kinds, `${path}.`)];
    }),
  );
}

function tensorOf(path: string, values: InputValues, kinds: Kinds): Tensor {
  const kind = kinds?.[path], tensor = values instanceof tf.Tensor ? values : filled(path, values, kind, kinds);
  if (kind === undefined) return tensor;
  if (tensor.rank !== kind.shape.length + 1) throw misfit(`${path} has the shape [${tensor.shape}]`, kinds);
  if (tensor.dtype === "float32" && kind.dtype !== "float32") throw misfit(`${path} is float32`, kinds);
  return tf.cast(tensor, kind.dtype);
}

/** A tensor of numbers on the host. */
function filled(path: string, values: NestedNumbers | TypedArray, kind: InputKind | undefined, kinds: Kinds): Tensor {
  const dtype = kind?.dtype ?? "float32", whole = dtype !== "float32", row = kind?.shape ?? [];
  if (values.length === 0) return tf.zeros([0, ...row], dtype);
  const flat = isTypedArray(values) && row.length > 0; // all rows, one after another
  const shape = flat ? [values.length] : shapeOf(values), place: number[] = [];
  const odd = (what: string) => misfit(`${path}${place.map((i) => `[${i}]`).join("")} ${what}`, kinds);
  const data = new (whole ? Int32Array : Float32Array)(tf.util.sizeFromShape(shape));
  let count = 0;
  const fill = (node: NestedNumbers[number]): void => {
    if (typeof node === "number") {
      if (place.length !== shape.length) throw odd("is a number, and others in its place are lists");
      if (!Number.isFinite(node) || whole && !Number.isInteger(node)) {
        throw odd(`is ${node}, not a ${whole ? "whole" : "finite"} number`);
      }
      data[count++] = node;
      return;
    }
    const length = shape[place.length];
    if (!(Array.isArray(node) || isTypedArray(node))) throw odd(`is ${node}, not a number`);
    if (length === undefined) throw odd("is a list, and others in its place are numbers");
    if (node.length !== length) throw odd(`has ${node.length} entries, and the first of its kind ${length}`);
    place.push(0);
    for (let i = 0; i < length; i++) {
      place[place.length - 1] = i;
      fill(node[i]);
    }
    place.pop();
  };
  fill(values);
  if (!flat) return tf.tensor(data, shape, dtype);
  const rows = values.length / tf.util.sizeFromShape([...row]);
  if (!Number.isInteger(rows)) throw misfit(`${path} has ${values.length} numbers, which are no whole rows`, kinds);
  return tf.tensor(data, [rows, ...row], dtype);
}

/** As the first entries of the lists say. */
function shapeOf(values: NestedNumbers[number]): number[] {
  if (!(Array.isArray(values) || isTypedArray(values))) return [];
  return [values.length, ...values.length > 0 ? shapeOf(values[0]) : []];
}
