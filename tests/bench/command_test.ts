import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { reached, table } from "../../bench/figure.ts";
import { benchFlags, flags, helpText } from "../../bench/flags.ts";
import { spelled } from "../../cli/flags.ts";
import { lines, outputOf, startPeer } from "../../bench/peers/process.ts";
import { deno, trainArguments } from "../../cli/train_command.ts";
import { UserError } from "../../runtime/errors.ts";

const figures = { price: { title: "what it costs" }, memory: { title: "what it needs" } };

Deno.test("flags: none, all, and each bad input in one line that names flag, value and remedy", () => {
  assertEquals(benchFlags([], figures), {});
  assertEquals(benchFlags(["--quick", "--out=a/b", "--only=price,memory"], figures), {
    quick: true,
    out: "a/b",
    only: ["price", "memory"],
  });
  const cases: [string[], string][] = [
    [["--quik"], "--quik is unknown; did you mean --quick?"],
    [["--ot=a"], "--ot=a is unknown; did you mean --out?"],
    [["price"], '"price" is no flag'],
    [["--only=memory,prices"], "--only=prices is unknown; did you mean price?"],
    [["--only=price,"], "--only=price, cannot be"],
    [["--out="], "--out has no value"],
    [["--out"], "--out has no value"],
    [["--quick", "--quick"], "--quick is given 2 times"],
  ];
  for (const [args, message] of cases) {
    const error = assertThrows(() => benchFlags(args, figures), UserError);
    const text = spelled(error, flags);
    assertStringIncludes(text, message);
    assertEquals(text.includes("\n"), false);
  }
});

Deno.test("help: an example and every figure", () => {
  const help = helpText(figures);
  for (const part of ["deno task bench --quick", "--only=NAMES", "--out=bench/results", "price", "what it needs"]) {
    assertStringIncludes(help, part);
  }
});

Deno.test("reached: on either side of a target, at it, and without one", () => {
  const row = (median: number, target?: { atMost: number } | { atLeast: number }) =>
    ({ what: "", unit: "×", result: { median, low: 0, high: 9 }, target }) as const;
  assertEquals([1.2, 1.3, 1.31].map((median) => reached(row(median, { atMost: 1.3 }))), [true, true, false]);
  assertEquals([3.9, 4].map((median) => reached(row(median, { atLeast: 4 }))), [false, true]);
  assertEquals(reached(row(1)), undefined);
  assertEquals(reached({ what: "", unit: "MB", target: { atMost: 400 }, detail: "no" }), undefined);
});

Deno.test("table: aligned, with what was missed and what was not measured", () => {
  const text = table([
    {
      what: "one",
      unit: "×",
      result: { median: 1.5, low: 1.4, high: 1.6 },
      target: { atMost: 1.3 },
      detail: "3 / 2 ms",
    },
    { what: "another", unit: "MB", target: { atMost: 400 }, detail: "elsewhere" },
    { what: "third", unit: "MB", result: { median: 300, low: 300, high: 300 }, target: { atMost: 400 } },
    { what: "count", unit: "submits", result: { median: 7, low: 7, high: 7 } },
  ]);
  assertEquals(text.split("\n"), [
    "                 median  quartiles    target",
    "  one            1.50 ×  1.40 … 1.60  ≤ 1.30  MISSED   3 / 2 ms",
    "  another  not measured               ≤ 400            elsewhere",
    "  third          300 MB               ≤ 400   reached",
    "  count       7 submits",
  ]);
});

Deno.test("lines: cut where the lines end, not where the chunks do", async () => {
  const chunks = ['{"a":', '1}\n{"b":2}\n{', '"c":3}\n'];
  const bytes = ReadableStream.from(chunks.map((chunk) => new TextEncoder().encode(chunk)));
  assertEquals(await Array.fromAsync(lines(bytes)), ['{"a":1}', '{"b":2}', '{"c":3}']);
});

Deno.test("outputOf: what a program prints, and nothing of one that fails or is missing", async () => {
  const evaluated = (code: string) => outputOf(deno, ["eval", code]);
  assertEquals(await evaluated("console.log(1 + 1)"), "2");
  assertEquals(await evaluated("console.log(1); Deno.exit(3)"), undefined);
  assertEquals(await outputOf("/there/is/no/such/program", []), undefined);
});

// The memory figure puts a script of its own in the place of the task's: this fails when the task's shape changes.
Deno.test("trainArguments: deno run, permissions, the script last", async () => {
  const args = await trainArguments();
  assertEquals([args[0], args.at(-1)], ["run", "cli/train.ts"]);
  assertEquals(args.slice(1, -1).every((arg) => arg.startsWith("-")), true);
});

Deno.test("startPeer: blocks and losses of a process in turn, and an error where it has ended", async () => {
  const script = await Deno.makeTempFile({ suffix: ".js" });
  await Deno.writeTextFile(
    script,
    `const bytes = await Deno.stdin.readable.getReader().read();
     const steps = Number(new TextDecoder().decode(bytes.value));
     console.log(JSON.stringify({ milliseconds: 10 * steps, losses: Array(steps).fill(0.5) }));`,
  );
  try {
    for (
      const use of [async (peer: ReturnType<typeof startPeer>) => assertEquals(await peer.block(), 10), async (
        peer: ReturnType<typeof startPeer>,
      ) => assertEquals(await peer.losses(3), [0.5, 0.5, 0.5])]
    ) {
      await using peer = startPeer(deno, ["run", "--no-prompt", "--no-config", script], { blockSteps: 4 });
      await use(peer);
      await assertRejects(() => peer.block(), Error); // it answers only once
    }
  } finally {
    await Deno.remove(script);
  }
});
