/**
 * A rate that was found, at a glance.
 * @module
 */
import type { Found } from "../find_rate/find_rate.ts";
import { foundRows } from "../find_rate/found_rows.ts";
import { ratePanels } from "../find_rate/picture.ts";
import { curves } from "./curves.ts";
import type { Formats } from "./displayable.ts";
import { illustrated } from "./illustrated.ts";
import { table } from "./table.ts";

/** The rates in numbers, and how they were learned. */
export async function foundRateFormats(found: Found): Promise<Formats> {
  return await illustrated(table(["search", ""], foundRows(found)), curves(ratePanels(found)));
}
