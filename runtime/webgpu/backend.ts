/**
 * What we use of the inside of tfjs's WebGPU backend (4.22).
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** Where a tensor's data are. */
export interface TensorData {
  /** On the host, until they are uploaded, and after they were read. */
  values?: tf.TypedArray | number[] | null;
  /** On the device. */
  resource?: GPUBuffer | null;
  readonly dtype: tf.DataType;
  readonly shape: number[];
  /** How many tensors they are the data of. */
  readonly refCount: number;
}

/** What runs on the device: a `WebGPUProgram`. */
export interface ShaderProgram {
  readonly shaderKey: string;
  readonly dispatch: readonly [number, number, number];
  readonly outputShape: number[];
  readonly pipeline: GPUComputePipeline;
  /** Not null where the uniforms are the strides of the output and the program's own. */
  readonly pixelsOpType?: number;
}

/** Numbers that a program is given besides its tensors. */
export type Uniforms = readonly { readonly type: string; readonly data: readonly number[] }[];

/** Owns the buffers. */
export interface BufferManager {
  acquireBuffer(size: number, usage: number, mappedAtCreation?: boolean, reuse?: boolean): GPUBuffer;
  releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void;
}

/** tfjs's backend. */
export interface WebgpuBackend {
  readonly device: GPUDevice;
  queue: Pick<GPUQueue, "submit" | "writeBuffer">;
  readonly bufferManager: BufferManager;
  readonly tensorMap: { get(dataId: object): TensorData; has(dataId: object): boolean };
  readonly pipelineCache: Record<string, GPUComputePipeline>;
  commandEncoder: GPUCommandEncoder | null;
  uniformPendingDisposal: GPUBuffer[];
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  write(values: TensorData["values"], shape: number[], dtype: tf.DataType): object;
  readSync(dataId: object): tf.TypedArray;
  read(dataId: object): Promise<tf.TypedArray>;
  uploadToGPU(dataId: object): void;
  incRef(dataId: object): void;
  makeTensorInfo(shape: number[], dtype: tf.DataType, values?: tf.TypedArray): tf.TensorInfo;
  makeUniforms(uniforms: Uniforms): GPUBufferBinding;
  recordAndSubmit(
    program: ShaderProgram,
    output: tf.TensorInfo,
    inputs: readonly tf.TensorInfo[],
    uniforms?: Uniforms,
  ): void;
}

/** tfjs's current backend, where it is WebGPU. */
export function webgpuBackend(): WebgpuBackend | undefined {
  return tf.getBackend() === "webgpu" ? tf.backend() as unknown as WebgpuBackend : undefined;
}

/** Submits all that tfjs has pending. Its open compute pass ends first, or the last dispatches would be lost in silence. */
export function flush(backend: WebgpuBackend): void {
  backend.endComputePassEncoder();
  if (backend.commandEncoder) backend.submitQueue();
}

/** The buffer that holds a tensor's data; uploads them where they are still on the host. */
export function bufferOf(backend: WebgpuBackend, tensor: tf.TensorInfo): GPUBuffer {
  backend.uploadToGPU(tensor.dataId);
  return backend.tensorMap.get(tensor.dataId).resource!;
}

/** Bytes of a tensor on the device, where bools take as much as numbers. */
export function bytesOf({ shape }: { readonly shape: readonly number[] }): number {
  return 4 * tf.util.sizeFromShape([...shape]);
}
