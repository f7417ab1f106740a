/**
 * The list of reproductions.
 * @module
 */
import type { Recipe } from "./recipe.ts";
import { autoencoder } from "./recipes/autoencoder.ts";
import { gradientNoise } from "./recipes/gradient_noise.ts";
import { illConditioned } from "./recipes/ill_conditioned.ts";
import { learningRates } from "./recipes/learning_rates.ts";
import { muon } from "./recipes/muon.ts";
import { rosenbrock } from "./recipes/rosenbrock.ts";
import { theorem } from "./recipes/theorem.ts";
import { uci } from "./recipes/uci.ts";

/** Every reproduction that the command line knows. */
export const recipes: readonly Recipe[] = [
  rosenbrock(),
  illConditioned(),
  autoencoder(),
  uci(),
  learningRates(),
  gradientNoise(),
  muon(),
  theorem(),
];
