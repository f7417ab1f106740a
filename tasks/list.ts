/**
 * The list of tasks.
 * @module
 */
import { cifar10, cifar100 } from "./cifar.ts";
import { illConditioned } from "./ill_conditioned.ts";
import { mnist } from "./mnist.ts";
import { mnistAutoencoder } from "./mnist_autoencoder.ts";
import { rosenbrock } from "./rosenbrock.ts";
import type { Task } from "./task.ts";
import { iwslt14, multi30k, translation } from "./translation.ts";
import { uciParkinsons, uciProtein, uciSlice } from "./uci.ts";

/** Every task that the command line knows; the first is its default. */
export const tasks: readonly Task[] = [
  mnist,
  mnistAutoencoder,
  cifar10,
  cifar100,
  rosenbrock,
  illConditioned,
  uciProtein,
  uciParkinsons,
  uciSlice,
  translation,
  multi30k,
  iwslt14,
];
