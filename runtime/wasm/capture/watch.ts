/**
 * Watching what a step does on wasm.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Entry, Log } from "../../capture/log.ts";
import { observation } from "../../capture/observer.ts";
import { labelled, labelledResults, type Observer, type Step, type StepResult } from "../../capture/step.ts";
import { isNarrowNow } from "../../precision/scope.ts";
import { SELECT } from "../../select.ts";
import { shadowed } from "../../shadow.ts";
import type { Tensors } from "../../tensor.ts";
import type { Inputs } from "../context.ts";
import type { MovingBackend } from "./data.ts";
import { originalOf, withHooks } from "./hooks.ts";
import type { Made } from "./made.ts";

/** A call of a kernel. */
export interface KernelCall {
  readonly name: string;
  readonly inputs: Inputs;
  readonly attributes: tf.NamedAttrMap | undefined;
  /** The data that it makes, in order; also what it frees again. */
  readonly made: readonly object[];
  readonly results: readonly tf.TensorInfo[];
}

/** What was seen of a step. */
export interface Seen {
  readonly log: Log;
  /** What a replay has to call: aliases need no call. */
  readonly calls: readonly KernelCall[];
  /** Why a replay could not do the same. */
  readonly reason: string | undefined;
}

/** What of tfjs's engine is stood in for. */
interface Engine {
  isTapeOn(): boolean;
  runKernelFunc(
    call: { kernelName?: string; inputs: tf.NamedTensorMap; attrs?: tf.NamedAttrMap },
  ): tf.Tensor | tf.Tensor[];
}

/**
 * Runs a step and takes note of the kernels that it calls.
 *
 * @param made What it makes goes there.
 * @param end What is done with the step's result, while what it disposes of still goes there. What the step made must be gone afterwards.
 */
export function watched<R>(
  backend: MovingBackend,
  made: Made,
  step: Step,
  inputs: Tensors | undefined,
  end: (result: StepResult, seen: () => Seen) => R,
): R {
  const log: Entry[] = [], calls: KernelCall[] = [], { observer, isWatching, reason, labelOf } = observation();
  let making: object[] | undefined;
  const known = ({ dataId }: tf.TensorInfo): string => {
    const number = made.numberOf(dataId);
    return number === undefined ? labelOf(dataId) : `#${number}`;
  };
  const original = originalOf(backend);
  const noteRead = () => {
    if (isWatching() && !making) observer.refuse("it reads values back from the device");
  };
  const hooks = {
    write(values: ArrayBufferView | null, shape: number[], dtype: tf.DataType) {
      const watching = isWatching();
      if (watching && dtype === "string") observer.refuse("it makes texts");
      if (!watching || dtype === "string") return original.write(values, shape, dtype);
      const dataId = made.make(values, shape, dtype, making ? "result" : "constant");
      if (making) making.push(dataId);
      else log.push({ kind: "upload", tensor: known({ dataId, shape, dtype }), values: copied(values) });
      return dataId;
    },
    disposeData: (dataId: object) => made.dispose(dataId),
    readSync(dataId: object, start?: number, end?: number) {
      noteRead();
      return original.readSync(dataId, start, end);
    },
    read(dataId: object) {
      noteRead();
      return original.read(dataId);
    },
  };
  const engine = tf.engine() as unknown as Engine, { runKernelFunc } = engine;
  const called = (call: Parameters<Engine["runKernelFunc"]>[0]): tf.Tensor | tf.Tensor[] => {
    const { kernelName: name, inputs, attrs: attributes } = call;
    if (!isWatching() || name === undefined) return runKernelFunc.call(engine, call);
    if (isNarrowNow()) observer.refuse("it computes in 16 bits");
    const chooses = name === SELECT && !engine.isTapeOn();
    if (name === SELECT && !chooses) observer.refuse("it chooses where a gradient is taken");
    const outer = making, own: object[] = [], at = calls.length, { text, numbers } = described(attributes, observer);
    const given = inputsOf(call);
    const shapes = given.map(({ shape, dtype }) => `${dtype} [${shape}]`), tensors = given.map(known);
    making = own;
    try {
      calls.length++; // its place: clones that the engine saves for the way back are calls that come after it
      const result = chooses ? chosen(backend, made, inputs) : runKernelFunc.call(engine, call);
      const results = [result].flat();
      calls[at] = { name, inputs, attributes, made: own, results };
      if (isAlias(calls[at])) return result; // nothing to be done again; in which order they come may change, too
      if (outer) observer.refuse("a kernel of it calls operations");
      log.push({
        kind: "dispatch",
        ...{ name, program: `${name} ${text} ${shapes}`, numbers, tensors: [...results.map(known), ...tensors] },
      });
      return result;
    } finally {
      making = undefined;
    }
  };
  return withHooks(backend, hooks, () =>
    shadowed(engine, { runKernelFunc: called }, () => {
      const result = scoped(made, () => labelled(step, observer, inputs));
      for (const [name, tensor] of Object.entries(labelledResults(result))) {
        log.push({ kind: "result", name, tensor: known(tensor) });
      }
      return observer.outside(() =>
        end(result, () => ({ log, calls: calls.filter((call) => !isAlias(call)), reason: reason() }))
      );
    }));
}

/** Clones that a step leaves to the scope around it are gone when it is over, not later. */
function scoped(made: Made, run: () => StepResult): StepResult {
  try {
    return tf.tidy(() => run() as never as tf.TensorContainer) as never as StepResult;
  } catch (error) {
    made.release();
    throw error;
  }
}

/** By views, as a replay may choose otherwise. */
function chosen(backend: MovingBackend, made: Made, inputs: tf.NamedTensorMap): tf.Tensor[] {
  return choices(inputs, isTrue(backend, inputs.condition)).map(({ dataId, shape, dtype }) => {
    const view = made.view(dataId);
    return tf.engine().makeTensorFromTensorInfo({ dataId: view, shape, dtype });
  });
}

/** The tensors among a call's inputs: what a kernel can do without may be undefined. */
export function inputsOf({ inputs }: Pick<KernelCall, "inputs">): tf.TensorInfo[] {
  return Object.values(inputs).filter((x) => x !== undefined && x !== null);
}

/** Whether a condition holds. */
export function isTrue(backend: MovingBackend, condition: tf.TensorInfo): boolean {
  return backend.wasm.HEAPU8[backend.dataIdMap.get(condition.dataId).memoryOffset] !== 0;
}

/** Of the inputs of {@linkcode SELECT}, those of one side. */
export function choices(inputs: Inputs, yes: boolean): tf.TensorInfo[] {
  const count = (Object.keys(inputs).length - 1) / 2;
  return Array.from({ length: count }, (_, i) => inputs[`${yes ? "yes" : "no"}${i}`]);
}

function isAlias({ name, inputs, made, results }: KernelCall): boolean {
  if (made.length > 0 || name === SELECT) return false;
  const given = new Set(inputsOf({ inputs }).map(({ dataId }) => dataId));
  return results.every(({ dataId }) => given.has(dataId));
}

/** Attributes as a text without their numbers, and the numbers. */
function described(
  attributes: tf.NamedAttrMap | undefined,
  observer: Observer,
): { text: string; numbers: number[] } {
  const numbers: number[] = [];
  try {
    const text = JSON.stringify(attributes ?? {}, (_, value) => {
      if (typeof value !== "number") return value;
      numbers.push(value);
      return 0;
    });
    return { text, numbers };
  } catch {
    observer.refuse("a kernel of it has attributes that are no data");
    return { text: "", numbers };
  }
}

const copied = (values: ArrayBufferView | null): ArrayLike<number> =>
  values === null ? [] : (values as Float32Array).slice();
