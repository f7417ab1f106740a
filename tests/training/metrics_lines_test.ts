import { assert, assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../runtime/errors.ts";
import { metricsLine, parseMetrics } from "../../training/metrics_lines.ts";
import type { LoggedEvent } from "../../training/events.ts";

const event: LoggedEvent = {
  kind: "logged",
  step: 20,
  metrics: { loss: 0.5, refused: 1, fsd: 0.25, metaGradientNorm: NaN, metaLoss: Infinity },
  learned: { rate: 0.125 },
  test: { loss: 0.75, accuracy: 0.875 },
};

Deno.test("metricsLine: one line of JSON; what is not finite is null", () => {
  const line = metricsLine(event);
  assert(/^\{.*\}\n$/.test(line));
  assertEquals(JSON.parse(line), {
    step: 20,
    loss: 0.5,
    test: { loss: 0.75, accuracy: 0.875 },
    fsd: 0.25,
    metaGradientNorm: null,
    metaLoss: null,
    learned: { rate: 0.125 },
    refused: 1,
  });
  const { test: validation, ...others } = event, told = JSON.parse(metricsLine({ ...others, validation }));
  assertEquals([told.validation, "test" in told], [validation, false]);
  assert(!("test" in JSON.parse(metricsLine({ ...event, test: undefined }))));
});

Deno.test("parseMetrics: lines come back; a last line without its end is left out", () => {
  const line = metricsLine(event), whole = [JSON.parse(line), JSON.parse(line)];
  assertEquals(parseMetrics("", "m"), []);
  assertEquals(parseMetrics(line + line, "m"), whole);
  for (let cut = 1; cut < line.length; cut++) {
    assertEquals(parseMetrics(line + line + line.slice(0, cut), "m"), whole, `${cut} bytes of a third`);
  }
});

Deno.test("parseMetrics: a line that is not JSON is named", () => {
  assertThrows(() => parseMetrics('{"step":1}\n{"st\n', "runs/x/metrics.jsonl"), UserError, "runs/x/metrics.jsonl");
});
