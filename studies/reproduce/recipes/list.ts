/**
 * The list of reproductions.
 * @module
 */
import type { Recipe } from "../recipe.ts";
import { autoencoder } from "./autoencoder.ts";
import { cifarPreconditioners } from "./cifar_preconditioners.ts";
import { cifarRates } from "./cifar_rates.ts";
import { gradientNoise } from "./gradient_noise.ts";
import { illConditioned } from "./ill_conditioned.ts";
import { learningRates } from "./learning_rates.ts";
import { lowPrecision } from "./low_precision.ts";
import { muon } from "./muon.ts";
import { rosenbrock } from "./rosenbrock.ts";
import { theorem } from "./theorem.ts";
import { translation } from "./translation.ts";
import { uci } from "./uci.ts";

/** Every reproduction that the command line knows. */
export const recipes: readonly Recipe[] = [
  rosenbrock(),
  illConditioned(),
  autoencoder(),
  uci(),
  learningRates(),
  gradientNoise(),
  cifarRates(),
  cifarPreconditioners(),
  translation(),
  muon(),
  lowPrecision(),
  theorem(),
];
