/** The picture that follows a training. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  amortize,
  chooseBackend,
  DivergedError,
  fit,
  type FitEvent,
  fixedRate,
  gaussian,
  gradient,
  linear,
  liveCurves,
  rows,
  scalarRate,
} from "../../mod.ts";
import type { Formats } from "../../display/displayable.ts";
import { placeOf } from "../../display/jupyter.ts";
import { drawn } from "../../training/live_curves.ts";

await chooseBackend("cpu");

const problem = { model: linear(1, 1), output: gaussian() };
const data = { train: rows({ inputs: [[0], [1], [2]], targets: [[1], [3], [5]] }) };
const training = (options: { steps: number; signal?: AbortSignal; logEvery?: number }) =>
  fit({
    problem,
    optimizer: amortize({ problem, direction: gradient(), parameterization: scalarRate() }),
    data,
    ...options,
  });

/** Collects what is shown at a place. */
function collected(): { shown: Formats[]; place: (formats: Formats) => Promise<void> } {
  const shown: Formats[] = [];
  return { shown, place: (formats) => Promise.resolve(void shown.push(formats)) };
}

Deno.test("liveCurves: a picture now and then, one at the end with everything, and the end for its caller", async () => {
  const { shown, place } = collected();
  const end = await drawn(training({ steps: 40 }), place, 0);
  assertEquals([end.kind, end.step], ["finished", 40]);
  assert(shown.length >= 2, `${shown.length}`);
  assertStringIncludes(shown.at(-1)!["text/plain"], "step 1 … 40");
  assertStringIncludes(shown.at(-1)!["image/svg+xml"], "Learning rate");
  const rare = collected();
  await drawn(training({ steps: 40 }), rare.place, 60_000);
  assertEquals(rare.shown, shown.slice(-1), "how often it is drawn changes nothing else");
});

Deno.test("liveCurves: interruption and divergence leave the picture of what was done, and throw", async () => {
  const controller = new AbortController(), interrupted = collected();
  async function* interrupting(events: AsyncIterable<FitEvent>) {
    for await (const event of events) {
      if (event.step === 20) controller.abort();
      yield event;
    }
  }
  const events = interrupting(training({ steps: 1000, signal: controller.signal }));
  const error = await assertRejects(() => drawn(events, interrupted.place), DOMException, "interrupted at step 20");
  assertEquals(error.name, "AbortError");
  assertStringIncludes(interrupted.shown.at(-1)!["text/plain"], "step 1 … 20");

  const diverged = collected(), optimizer = fixedRate({ problem, direction: gradient(), learningRate: 1e20 });
  const diverging = fit({ problem, optimizer, data, steps: 100, logEvery: 1, patience: 5 });
  await assertRejects(() => drawn(diverging, diverged.place), DivergedError);
  assertEquals(diverged.shown.length, 1);
});

Deno.test("liveCurves: in a notebook the first message makes a place, those after it change it", async () => {
  const messages: [string, Record<string, unknown>][] = [];
  const place = placeOf({ broadcast: (type, content) => Promise.resolve(void messages.push([type, { ...content }])) });
  await drawn(training({ steps: 30 }), place, 0);
  const [first, ...others] = messages;
  assertEquals(first[0], "display_data");
  assert(others.length > 0);
  const { display_id } = first[1].transient as { display_id: string };
  assert(display_id.length > 10);
  for (const [type, { transient, data }] of others) {
    assertEquals([type, transient], ["update_display_data", { display_id }]);
    assert((data as Formats)["image/svg+xml"].startsWith("<svg"));
  }
});

Deno.test("liveCurves: elsewhere it prints charts of text, once", async () => {
  const { log } = console, printed: string[] = [];
  console.log = (text: string) => void printed.push(text);
  try {
    await liveCurves(training({ steps: 30 }));
  } finally {
    console.log = log;
  }
  assertEquals(printed.length, 1);
  assertStringIncludes(printed[0], "Loss\n");
  assertStringIncludes(printed[0], "Learning rate\n");
});
