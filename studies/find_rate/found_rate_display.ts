/**
 * A rate that was found, at a glance.
 * @module
 */
import { type Found, foundRows } from "./found.ts";
import { ratePanels } from "./rate_pictures.ts";
import { curves } from "../../display/curves.ts";
import type { Formats } from "../../display/displayable.ts";
import { illustrated } from "../../display/illustrated.ts";
import { table } from "../../display/table.ts";

/** The rates in numbers, and how they were learned. */
export async function foundRateFormats(found: Found): Promise<Formats> {
  return await illustrated(table(["search", ""], foundRows(found)), curves(ratePanels(found)));
}
