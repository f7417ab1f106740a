/**
 * The WebGPU adapter that tfjs will get.
 * @module
 */
import { withoutDisplay } from "./quiet.ts";

/** A WebGPU adapter, as far as the choice of a backend needs to know it. */
export interface Adapter {
  /** Such as `NVIDIA H100 PCIe`. */
  readonly name: string;
  /** It computes on the CPU. */
  readonly software: boolean;
}

/** What `GPUAdapterInfo` is or was called in the runtimes; Deno's types differ from the browsers'. */
interface AdapterInfo {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly device?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
}

interface Gpu {
  requestAdapter(options: { powerPreference: string }): Promise<
    { readonly info?: AdapterInfo; readonly isFallbackAdapter?: boolean } | null
  >;
}

const SOFTWARE = /llvmpipe|lavapipe|swiftshader|software|basic render|\bcpu\b/i;

/** The adapter for the same preference that tfjs states, or undefined where there is none or no WebGPU at all. */
export async function findAdapter(): Promise<Adapter | undefined> {
  const gpu = (globalThis.navigator as { gpu?: Gpu } | undefined)?.gpu;
  const request = () => gpu!.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  const adapter = gpu && await withoutDisplay(request);
  return adapter ? describeAdapter(adapter.info ?? {}, adapter.isFallbackAdapter) : undefined;
}

/** What an adapter says about itself, in our words. */
export function describeAdapter(info: AdapterInfo, isFallbackAdapter = false): Adapter {
  const name = info.description || [info.vendor, info.architecture].filter(Boolean).join(" ") || "an unnamed GPU";
  return { name, software: isFallbackAdapter || info.isFallbackAdapter === true || SOFTWARE.test(name) };
}
