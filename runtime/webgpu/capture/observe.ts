/**
 * Watching what a step does.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Tensors } from "../../tensor.ts";
import { bufferOf, flush, type WebgpuBackend } from "../backend.ts";
import type { Entry, Log } from "../../capture/log.ts";
import { observation } from "../../capture/observer.ts";
import type { Observer } from "../../capture/step.ts";
import { shadowed } from "../../shadow.ts";

/** What was seen. */
export interface Observed<R> {
  /** What `run` returned. */
  readonly result: R;
  readonly log: Log;
  /** Why a replay could not do the same. */
  readonly reason: string | undefined;
}

/**
 * Runs a step and takes note of what it does on the device. What it submits is on the queue when this returns.
 *
 * @param run Gets the observer; the tensors of its `results` are noted, and what else it makes must be gone afterwards.
 */
export function observed<R extends { readonly results: Tensors }>(
  backend: WebgpuBackend,
  run: (observer: Observer) => R,
): Observed<R> {
  const log: Entry[] = [], made = new Map<object, string>(), { observer, isWatching, reason, labelOf } = observation();
  const known = (dataId: object): string => made.get(dataId) ?? labelOf(dataId);
  const original = {
    write: backend.write,
    uploadToGPU: backend.uploadToGPU,
    recordAndSubmit: backend.recordAndSubmit,
    readSync: backend.readSync,
    read: backend.read,
  };
  const onHost = (dataId: object) => made.has(dataId) && Boolean(backend.tensorMap.get(dataId).values);
  const noteRead = (dataId: object) => {
    if (isWatching() && !onHost(dataId)) observer.refuse("it reads values back from the device");
  };
  const methods: Partial<WebgpuBackend> = {
    write(...given) {
      const dataId = original.write.apply(backend, given);
      if (isWatching()) made.set(dataId, `#${made.size}`);
      return dataId;
    },
    uploadToGPU(dataId) {
      const { values, resource } = backend.tensorMap.get(dataId);
      if (isWatching()) {
        const tensor = known(dataId);
        if (!resource && values && made.has(dataId)) {
          log.push({ kind: "upload", tensor, values: values.slice() });
        }
      }
      original.uploadToGPU.call(backend, dataId);
    },
    recordAndSubmit(program, output, inputs, uniforms = []) {
      if (isWatching()) {
        if (!made.has(output.dataId)) observer.refuse("it writes into a tensor that was there before");
        const shapes = [output, ...inputs].map(({ shape }) => shape);
        log.push({
          kind: "dispatch",
          name: program.constructor.name,
          program: `${program.shaderKey} ${program.dispatch} ${program.outputShape} ${JSON.stringify(shapes)}`,
          tensors: [output, ...inputs].map(({ dataId }) => known(dataId)),
          numbers: uniforms.flatMap(({ data }) => [...data]),
        });
      }
      original.recordAndSubmit.call(backend, program, output, inputs, uniforms);
    },
    readSync(dataId) {
      noteRead(dataId);
      return original.readSync.call(backend, dataId);
    },
    read(dataId) {
      noteRead(dataId);
      return original.read.call(backend, dataId);
    },
  };
  const result = shadowed(backend, methods, () => {
    const result = run(observer);
    for (const [name, tensor] of Object.entries(result.results)) {
      if (tensor.size > 0) bufferOf(backend, tensor);
      log.push({ kind: "result", name, tensor: known(tensor.dataId) });
    }
    flush(backend);
    return result;
  });
  const kept = leftOver(backend, made.keys(), result.results);
  if (kept > 0) observer.refuse(`it keeps ${kept} ${kept === 1 ? "tensor" : "tensors"} beyond its end`);
  return { result, log, reason: reason() };
}

/** How many of the tensors made are still there, and are no results. */
function leftOver(backend: WebgpuBackend, made: Iterable<object>, results: Tensors): number {
  const returned = new Set<object>(Object.values<tf.Tensor>(results).map(({ dataId }) => dataId));
  return [...made].filter((dataId) => backend.tensorMap.has(dataId) && !returned.has(dataId)).length;
}
