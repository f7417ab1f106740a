/**
 * The figure of peers on all cores.
 * @module
 */
import { againstTorch } from "../peers/against_torch.ts";

/** How far torch is ahead where both have all cores. */
export const figure = againstTorch(navigator.hardwareConcurrency);
