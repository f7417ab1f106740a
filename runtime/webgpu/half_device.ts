/**
 * Devices that compute in half precision.
 * @module
 */
import { shadow } from "../shadow.ts";

const FEATURE = "shader-f16";

/**
 * Runs what requests a device, and lets it have half precision where the adapter offers it; tfjs does not ask for it. Where the
 * device is not to be had so, it is had without.
 */
export async function withHalf<T>(request: () => Promise<T>): Promise<T> {
  const { prototype } = GPUAdapter, { requestDevice } = prototype;
  using _ = shadow(prototype, {
    async requestDevice(this: GPUAdapter, descriptor: GPUDeviceDescriptor = {}) {
      const plain = () => requestDevice.call(this, descriptor);
      if (!this.features.has(FEATURE)) return await plain();
      const requiredFeatures = [...descriptor.requiredFeatures ?? [], FEATURE] as GPUFeatureName[];
      return await requestDevice.call(this, { ...descriptor, requiredFeatures }).catch(plain);
    },
  });
  return await request();
}

/** Whether a device, or what an adapter offers, has it. */
export const hasHalf = ({ features }: { readonly features: GPUSupportedFeatures }): boolean => features.has(FEATURE);
