/**
 * Makes the tables of docs/find_rate.md: what `findRate` finds, against the best fixed rate of a half-decade grid that is widened
 * until the best is inside; and what it would find with another objective. About half an hour on two cores; it goes on where it was
 * interrupted, as out/find-rate-table.jsonl knows what is done. Words choose cases: `mnist adam`.
 *
 *     deno run --allow-read --allow-write --allow-env=XDG_RUNTIME_DIR docs/find_rate.ts [WORD …]
 */
import { chooseBackend } from "../mod.ts";
import { rateText } from "../studies/find_rate/rate_text.ts";
import { geometricMean } from "../studies/statistics.ts";
import { type Case, measured, type Result, SEEDS } from "./find_rate/measured.ts";

const MNIST = { task: "mnist", model: "mlp", batchSize: 128, steps: 600 };
const CONV = { task: "mnist", model: "conv", batchSize: 32, steps: 200 };
const LINEAR = { task: "mnist", model: "linear", batchSize: 8, steps: 2000 };
const AUTOENCODER = { task: "mnist-autoencoder", choice: { hidden: [200, 30] }, batchSize: 128, steps: 300 };
const REGRESSION = { task: "ill-conditioned", batchSize: 1000, steps: 1000 };
const CASES: readonly Case[] = [
  ...(["sgd", "momentum", "rmsprop", "adam"] as const).map((optimizer) => ({ ...MNIST, optimizer })),
  { ...CONV, optimizer: "momentum" },
  ...(["sgd", "adam"] as const).map((optimizer) => ({ ...LINEAR, optimizer })),
  ...(["rmsprop", "adam"] as const).map((optimizer) => ({ ...AUTOENCODER, optimizer })),
  ...(["sgd", "momentum", "adam"] as const).map((optimizer) => ({ ...REGRESSION, optimizer })),
];

await chooseBackend("wasm", { strict: true }); // the same bits on every machine
const text = (x: number) => Number.isNaN(x) ? "–" : rateText(x);
const setup = ({ task, model, choice, batchSize, steps }: Case) =>
  `${[task, model, choice?.hidden].filter(Boolean).join(" ")}, batch ${batchSize}, ${steps} steps`;

const chosen = CASES.filter((one) => Deno.args.every((word) => JSON.stringify(Object.values(one)).includes(word)));
const results: [Case, Result][] = [];
for (const one of chosen) results.push([one, await measured(one)]);

function print(table: readonly (readonly string[])[]): void {
  const [head, ...body] = table;
  console.log([head, head.map(() => "---"), ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n") + "\n");
}
print([
  [
    "task",
    "optimizer",
    "rate found",
    "range",
    "spread",
    "best fixed",
    "found ÷ best",
    "training loss ÷ best's",
    "test loss ÷ best's",
    "steps of the grid",
  ],
  ...results.map(([one, { bestRate, gridSize, found: { "as it is": { rate, range, spread, train, test } } }]) => [
    setup(one),
    one.optimizer,
    text(rate),
    range.map(text).join(" … "),
    spread.toFixed(2),
    text(bestRate),
    text(rate / bestRate),
    text(train),
    text(test),
    `${gridSize} × ${SEEDS} × ${one.steps}`,
  ]),
]);
const rules = Object.keys(results[0][1].found);
print([
  ["task", "optimizer", ...rules],
  ...results.map(([one, { bestRate, found }]) => [
    setup(one),
    one.optimizer,
    ...rules.map((rule) => [found[rule].rate / bestRate, found[rule].train, found[rule].test].map(text).join(" · ")),
  ]),
  [
    "geometric mean",
    "",
    ...rules.map((rule) =>
      (["train", "test"] as const).map((loss) =>
        text(geometricMean(results.map(([, { found }]) => found[rule][loss]).filter((ratio) => !Number.isNaN(ratio))))
      ).join(" · ")
    ),
  ],
]);
