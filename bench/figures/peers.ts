/**
 * The figure of peers.
 * @module
 */
import { againstTorch } from "../peers/against_torch.ts";

/** How far torch is ahead. */
export const figure = againstTorch(1);
