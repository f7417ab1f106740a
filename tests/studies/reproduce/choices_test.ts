/** What the recipes on CIFAR and on translation choose, in both sizes: `train` understands all of it. Nothing is trained. */
import { assertEquals } from "@std/assert";
import type { CifarName } from "../../../data/cifar_files.ts";
import type { Choices } from "../../../runs/options.ts";
import { commonGround, planned } from "../../../runs/prepared.ts";
import type { PreconditionersSettings } from "../../../studies/reproduce/preconditioners_contest.ts";
import type { RatesSettings } from "../../../studies/reproduce/rates_contest.ts";
import { contestantsOf } from "../../../studies/reproduce/orders.ts";
import { cifarPreconditioners } from "../../../studies/reproduce/recipes/cifar_preconditioners.ts";
import { cifarRates } from "../../../studies/reproduce/recipes/cifar_rates.ts";
import { type Settings, translation } from "../../../studies/reproduce/recipes/translation.ts";
import { inFolder } from "../../cli/command.ts";
import { writeCifar } from "../../data/cifar_files.ts";
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
    const { given, situations, bases, decades } = cifarRates().sizes[size].settings as RatesSettings;
    const all = situations.flatMap(({ given: own, steps }) =>
      bases.flatMap((base) =>
        [
          ...decades.map((decade) => ({ optimizer: `apo-${base}`, learningRate: 10 ** decade })),
          { optimizer: base, schedule: "step" },
        ].map((one) => ({ ...given, ...own, steps, ...one }))
      )
    );
    assertEquals(all.length, 2 * 4 * 4);
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
