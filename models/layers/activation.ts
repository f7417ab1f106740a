/**
 * Activations as modules of their own.
 * @module
 */
import { type Activation, activations, checkActivation } from "../activations.ts";
import type { Module } from "../module.ts";

/**
 * An activation where a layer before it cannot have it, such as after {@linkcode layerNorm}.
 *
 * @throws `UserError` for another name.
 */
export function activation(name: Activation): Module {
  checkActivation("activation", name);
  return { kind: name, build: (_site, input) => ({ output: input, apply: (_pass, x) => activations[name](x) }) };
}
