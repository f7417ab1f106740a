/**
 * Devices that go away: a driver that is reset, a GPU that is taken out.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { DeviceLostError } from "../errors.ts";
import { webgpuBackend } from "./backend.ts";

const watched = new WeakSet<GPUDevice>(), lost = new WeakMap<GPUDevice, string>();

/** Starts to take note of the loss of the current device. */
export function watchLoss(): void {
  const device = webgpuBackend()?.device;
  if (!device || watched.has(device)) return;
  watched.add(device);
  device.lost.then(({ message }) => lost.set(device, message || "no reason given"));
}

/** @throws `DeviceLostError` where the current device is gone: what is read from it is not to be trusted. */
export function throwLoss(): void {
  const device = webgpuBackend()?.device, reason = device && lost.get(device);
  if (reason !== undefined) throw new DeviceLostError(`the GPU was lost (${reason}); call chooseBackend for a new one`);
}

/** Why the current device was lost, if it was; asked after an error, which may come before the news. */
export async function lossBehindError(): Promise<string | undefined> {
  const device = webgpuBackend()?.device;
  if (device) await new Promise((resolve) => setTimeout(resolve));
  return device && lost.get(device);
}

/** Takes away the backend of a lost device, so that the next start makes one with a new device. Its tensors are gone with it. */
export function discardLost(): void {
  const name = "webgpu", backend = tf.findBackend(name) as unknown as { device: GPUDevice } | null;
  if (!backend || !lost.has(backend.device)) return;
  const factory = tf.findBackendFactory(name);
  tf.removeBackend(name);
  tf.registerBackend(name, factory, 3); // tfjs's own priority
}
