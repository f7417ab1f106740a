/**
 * Recording what is submitted to the device, and doing it again.
 * @module
 */
import { flush, type WebgpuBackend } from "../backend.ts";
import { Pool } from "./pool.ts";
import type { Scratch } from "./scratch.ts";
import { shadowed } from "../../shadow.ts";

/** A dispatch. */
export interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
}

/** Dispatches and the buffers that they are about. */
export interface Recording<R> {
  /** What the step returned. */
  readonly result: R;
  readonly dispatches: readonly Dispatch[];
  readonly pool: Pool;
}

/**
 * Runs a step and records it. Its work is done as ever; its buffers stay its own.
 *
 * @param scratch Where its buffers come from, but for what the host writes.
 * @param refuse Called where the step does more than dispatches.
 */
export function recorded<R>(
  backend: WebgpuBackend,
  scratch: Scratch,
  refuse: (reason: string) => void,
  run: () => R,
): Recording<R> {
  flush(backend);
  const dispatches: Dispatch[] = [], pool = new Pool(backend, scratch), make = backend.makeUniforms;
  const methods: Partial<WebgpuBackend> = {
    ensureCommandEncoderReady() {
      backend.commandEncoder ??= recordingEncoder(backend.device.createCommandEncoder(), dispatches, refuse);
    },
    makeUniforms: pool.sharedUniforms(backend, (uniforms) => make.call(backend, uniforms)),
  };
  const buffers = {
    acquireBuffer: pool.acquire.bind(pool),
    releaseBuffer: pool.release.bind(pool),
  };
  const flushed = () => {
    try {
      return run();
    } finally {
      flush(backend); // what tfjs gives back after a submission is the pool's, too
    }
  };
  try {
    const result = shadowed(backend, methods, () => shadowed(backend.bufferManager, buffers, flushed));
    return { result, dispatches, pool };
  } catch (error) {
    pool.abandon();
    throw error;
  }
}

/** An encoder that writes down what it passes on. */
function recordingEncoder(
  encoder: GPUCommandEncoder,
  dispatches: Dispatch[],
  refuse: (reason: string) => void,
): GPUCommandEncoder {
  return new Proxy(encoder, {
    get: (_, name) => {
      if (name === "beginComputePass") return () => recordingPass(encoder.beginComputePass(), dispatches);
      if (name !== "finish") refuse(`it calls ${String(name)} of the command encoder`);
      const method = encoder[name as keyof GPUCommandEncoder];
      return typeof method === "function" ? method.bind(encoder) : method;
    },
  });
}

/** A pass that writes down what it passes on. */
function recordingPass(pass: GPUComputePassEncoder, dispatches: Dispatch[]): GPUComputePassEncoder {
  let pipeline: GPUComputePipeline, bindGroup: GPUBindGroup;
  const methods: Partial<GPUComputePassEncoder> = { // all that tfjs calls
    setPipeline: (given) => pass.setPipeline(pipeline = given),
    setBindGroup: (index, given) => pass.setBindGroup(index, bindGroup = given!),
    dispatchWorkgroups: (x, y = 1, z = 1) => {
      dispatches.push({ pipeline, bindGroup, workgroups: [x, y, z] });
      pass.dispatchWorkgroups(x, y, z);
    },
    end: () => pass.end(),
  };
  return methods as GPUComputePassEncoder;
}

/** Puts dispatches into an encoder. */
export function encode(encoder: GPUCommandEncoder, dispatches: readonly Dispatch[]): void {
  const pass = encoder.beginComputePass();
  for (const { pipeline, bindGroup, workgroups } of dispatches) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(...workgroups);
  }
  pass.end();
}
