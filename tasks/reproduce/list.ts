/**
 * The list of reproductions.
 * @module
 */
import type { Recipe } from "./recipe.ts";
import { rosenbrock } from "./recipes/rosenbrock.ts";

/** Every reproduction that the command line knows. */
export const recipes: readonly Recipe[] = [rosenbrock()];
