/**
 * Tensors with buffers of their own for good.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor, Tensors } from "../../tensor.ts";
import { mapTensors } from "../../tree.ts";
import { bufferOf, bytesOf, type WebgpuBackend } from "../backend.ts";

/** Empty tensors like these, each with a buffer that nothing else has; whoever makes them disposes of them. */
export function placesFor(backend: WebgpuBackend, tensors: Tensors): Tensors {
  return mapTensors(tensors, ({ shape, dtype }) => tf.keep(place(backend, shape, dtype)));
}

/** The same for inputs: tensors with the same data share data here, too. */
export function slotsFor(backend: WebgpuBackend, inputs: Tensors): Tensors {
  const made = new Map<object, object>();
  return mapTensors(inputs, ({ dataId, shape, dtype }) => {
    const shared = made.get(dataId);
    if (shared) backend.incRef(shared);
    const slot = shared
      ? tf.engine().makeTensorFromTensorInfo({ dataId: shared, shape, dtype })
      : place(backend, shape, dtype);
    made.set(dataId, slot.dataId);
    return tf.keep(slot);
  });
}

/** A tensor whose values are what is in its buffer, now and always. */
function place(backend: WebgpuBackend, shape: number[], dtype: tf.DataType): Tensor {
  const tensor = emptyTensor(backend, shape, dtype);
  // tfjs remembers what was read; here that may have changed since
  Object.defineProperty(backend.tensorMap.get(tensor.dataId), "values", { get: () => null, set: () => {} });
  return tensor;
}

/** A tensor with a buffer and whatever is in it. */
export function emptyTensor(backend: WebgpuBackend, shape: number[], dtype: tf.DataType): Tensor {
  const info = backend.makeTensorInfo(shape, dtype);
  backend.uploadToGPU(info.dataId);
  return tf.engine().makeTensorFromTensorInfo(info);
}

/** Puts tensors into the places of the same names, from the host or on the device. What tfjs has pending must be submitted. */
export function fill(backend: WebgpuBackend, encoder: GPUCommandEncoder, places: Tensors, tensors: Tensors): void {
  for (const [name, target] of Object.entries(places)) {
    if (target.size === 0) continue;
    const { values, resource, dtype } = backend.tensorMap.get(tensors[name].dataId), to = bufferOf(backend, target);
    if (resource) encoder.copyBufferToBuffer(resource, 0, to, 0, bytesOf(target));
    else if (values) backend.queue.writeBuffer(to, 0, onDevice(values, dtype));
  }
}

/** As tfjs's upload lays them out. */
function onDevice(values: ArrayLike<number>, dtype: tf.DataType): Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> {
  if (dtype !== "float32") return Int32Array.from(values);
  return values instanceof Float32Array ? values as Float32Array<ArrayBuffer> : Float32Array.from(values);
}
