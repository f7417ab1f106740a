/**
 * Modules one after another.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Model } from "../model.ts";
import type { Module, Shape } from "../module.ts";
import { network } from "../network.ts";

/**
 * Each module takes what the one before put out. In a list they are named by kind and number (`dense1`, `conv2`), in a record by
 * its keys.
 */
export function series(modules: readonly Module[] | Readonly<Record<string, Module>>): Module {
  return {
    kind: "series",
    build: (site, input) => {
      let output: Shape = input;
      const built = named(modules).map(([name, module]) => {
        const inner = site.child(name, module, output);
        output = inner.output;
        return inner;
      });
      return {
        output,
        apply: (pass, x) => {
          if (pass.batchStatistics) return built.reduce((x, inner) => inner.apply(pass, x), x);
          return built.reduce((x, inner) => tf.tidy(() => inner.apply(pass, x)), x); // evaluation keeps no more than it needs
        },
      };
    },
  };
}

function named(modules: readonly Module[] | Readonly<Record<string, Module>>): [string, Module][] {
  if (!Array.isArray(modules)) return Object.entries(modules);
  const counts: Record<string, number> = {};
  return modules.map((module: Module) => {
    const number = counts[module.kind] = (counts[module.kind] ?? 0) + 1;
    return [`${module.kind}${number}`, module];
  });
}

/** A network whose input is `x`, `[batch, …inputShape]`, and whose modules follow one another as in {@linkcode series}. */
export function sequential(
  inputShape: Shape,
  modules: readonly Module[] | Readonly<Record<string, Module>>,
): Model {
  return network(series(modules), inputShape);
}
