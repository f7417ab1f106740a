/** Family g: rounding to 16 bits, bit for bit. */
import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { Format } from "../../runtime/precision/format.ts";
import { roundTo } from "../../runtime/precision/round.ts";
import type { Compare } from "./comparison.ts";
import { onlyKnown } from "./families.ts";
import type { Json } from "./setting.ts";

export const roundings = (format: Format) => async (file: Json, compare: Compare): Promise<void> => {
  onlyKnown("file", file, ["case", "topic", "conventions", "description", "entries"]);
  const onGpu = tf.getBackend() === "webgpu";
  const entries = file.entries.filter((each: Json) => !(onGpu && each.float32_subnormal));
  const x = tf.tensor1d(new Float32Array(Uint32Array.from(entries, (each: Json) => each.float32_bits).buffer));
  const rounded = roundTo(x, format), values = await rounded.data() as Float32Array;
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (const [i, each] of entries.entries()) {
    const what = `entry ${i}, ${each.why}: ${each.value}`;
    onlyKnown(what, each, [
      ...["float32_bits", "bits", "float32_bits_after", "value", "rounded", "why", "nan", "float32_subnormal"],
    ]);
    if (each.nan) assert(Number.isNaN(values[i]), what);
    else assertEquals(bits[i], each.float32_bits_after, what);
    compare.count++;
  }
  tf.dispose([x, rounded]);
};
