/** What the recipes on CIFAR, in low precision and on translation choose, in both sizes: `train` understands all of it. Nothing is trained. */
import { assert, assertEquals } from "@std/assert";
import { PROTEIN } from "../../../data/uci_sources.ts";
import type { CifarName } from "../../../data/cifar_files.ts";
import type { Choices } from "../../../runs/options.ts";
import { commonGround, planned } from "../../../runs/prepared.ts";
import type { PreconditionersSettings } from "../../../studies/reproduce/preconditioners_contest.ts";
import type { RatesSettings } from "../../../studies/reproduce/rates_contest.ts";
import { contestantsOf } from "../../../studies/reproduce/orders.ts";
import { cifarPreconditioners } from "../../../studies/reproduce/recipes/cifar_preconditioners.ts";
import { cifarRates } from "../../../studies/reproduce/recipes/cifar_rates.ts";
import { lowPrecision } from "../../../studies/reproduce/recipes/low_precision.ts";
import type { Settings as PrecisionSettings } from "../../../studies/reproduce/recipes/low_precision_sizes.ts";
import { narrownesses } from "../../../studies/reproduce/low_precision/twins.ts";
import { type Settings, translation } from "../../../studies/reproduce/recipes/translation.ts";
import { inFolder } from "../../cli/command.ts";
import { writeCifar } from "../../data/cifar_files.ts";
import { uciText } from "../../data/uci_files.ts";
import { TEXTS, writeTexts } from "../../data/text/text_files.ts";

/** Plans a run of each. */
async function plan(task: CifarName, all: readonly Choices[]): Promise<void> {
  await inFolder(async (data) => {
    await writeCifar(data, task);
    const ground = await commonGround({ task, data, backend: "cpu" });
    for (const one of all) planned({ ...one, task, batchSize: 16 }, ground); // 80 images
  });
}

for (const size of ["quick", "full"] as const) {
  Deno.test(`cifar-rates, ${size}: each base with each network`, async () => {
    const { given, situations, decades } = cifarRates().sizes[size].settings as RatesSettings;
    const all = situations.flatMap(({ given: own, steps, bases }) =>
      bases.flatMap((base) =>
        [
          ...decades.map((decade) => ({ optimizer: `apo-${base}`, learningRate: 10 ** decade })),
          { optimizer: base, schedule: "step" },
        ].map((one) => ({ ...given, ...own, steps, ...one }))
      )
    );
    assertEquals(all.length, { quick: 4 + 2, full: 4 + 4 }[size] * 4);
    await plan("cifar10", all);
  });

  Deno.test(`cifar-preconditioners, ${size}: each optimizer with each network`, async () => {
    const { tasks = ["cifar10"], settings } = cifarPreconditioners().sizes[size];
    const chosen = settings as PreconditionersSettings, { given, networks } = chosen;
    const contestants = contestantsOf(chosen);
    let count = 0;
    for (const task of tasks as readonly CifarName[]) {
      const own = networks.filter((network) => network.task === task);
      count += own.length;
      const all = own.flatMap(({ given: choices, steps }) =>
        contestants.map((one) => ({ ...given, ...choices, steps, ...one.given }))
      );
      await plan(task, all);
    }
    assertEquals(count, networks.length, "each network's data are among those that are loaded");
  });

  Deno.test(`low-precision, ${size}: each method in each situation`, () =>
    inFolder(async (folder) => {
      await writeCifar(folder, "cifar10");
      Deno.writeTextFileSync(`${folder}/${PROTEIN.files[0]}`, uciText(PROTEIN, 60));
      const recipe = lowPrecision(), { tasks = recipe.tasks!, settings } = recipe.sizes[size];
      const { situations, table, others, rival, scalar, ours, dampings, mantissas } = settings as PrecisionSettings;
      for (const { task, given, starts = {} } of [...situations, { ...table, task: "uci-protein" }]) {
        const hasOwn = task === "cifar10" || task === "uci-protein";
        assert(hasOwn && task !== "cifar10" || tasks.includes(task), "its data are among those that are loaded");
        const ground = await commonGround({ task, backend: "cpu", data: hasOwn ? folder : null });
        for (const method of [...others, rival, scalar, ...ours]) {
          const chosen = { ...given, ...method.given, ...starts[method.name], batchSize: 16 };
          for (const narrowness of narrownesses(method)) planned({ ...chosen, ...narrowness.given }, ground);
          for (const bits of mantissas) planned({ ...chosen, precision: `e8m${bits}` }, ground);
        }
        for (const damping of dampings) planned({ ...given, ...rival.given, damping, batchSize: 16 }, ground);
      }
    }));

  Deno.test(`translation, ${size}: each optimizer`, () =>
    inFolder(async (data) => {
      await writeTexts(data, TEXTS);
      const settings = translation().sizes[size].settings as Settings, { given, learned, steps } = settings;
      const ground = await commonGround({ task: "translation", data, backend: "cpu" });
      for (const one of [...contestantsOf(settings), ...learned]) {
        planned({ ...given, ...one.given, steps, batchSize: 30 }, ground);
      }
    }));
}
