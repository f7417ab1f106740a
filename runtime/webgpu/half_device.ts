/**
 * Devices that compute in half precision.
 * @module
 */

const FEATURE = "shader-f16";

/** Runs what requests a device, and lets it have half precision where the adapter does; tfjs does not ask for it. */
export async function withHalf<T>(request: () => Promise<T>): Promise<T> {
  const { prototype } = (globalThis as { GPUAdapter?: typeof GPUAdapter }).GPUAdapter!, { requestDevice } = prototype;
  prototype.requestDevice = function (this: GPUAdapter, descriptor: GPUDeviceDescriptor = {}) {
    const requiredFeatures = [...descriptor.requiredFeatures ?? [], ...this.features.has(FEATURE) ? [FEATURE] : []];
    return requestDevice.call(this, { ...descriptor, requiredFeatures: requiredFeatures as GPUFeatureName[] });
  };
  try {
    return await request();
  } finally {
    prototype.requestDevice = requestDevice;
  }
}

/** Whether a device has it. */
export const hasHalf = (device: GPUDevice): boolean => device.features.has(FEATURE);
