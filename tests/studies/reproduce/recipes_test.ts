/** The recipes end to end, as small as can be: what they train, and what they make of it. */
import { assert, assertAlmostEquals, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { main } from "../../../cli/reproduce.ts";
import type { Recipe } from "../../../studies/reproduce/recipe.ts";
import { ROUNDS } from "../../../studies/reproduce/equal_time.ts";
import { autoencoder } from "../../../studies/reproduce/recipes/autoencoder.ts";
import { cifarRates } from "../../../studies/reproduce/recipes/cifar_rates.ts";
import { gradientNoise } from "../../../studies/reproduce/recipes/gradient_noise.ts";
import { learningRates } from "../../../studies/reproduce/recipes/learning_rates.ts";
import { lowPrecision } from "../../../studies/reproduce/recipes/low_precision.ts";
import type { Settings as PrecisionSettings } from "../../../studies/reproduce/recipes/low_precision_sizes.ts";
import { muon, type Settings } from "../../../studies/reproduce/recipes/muon.ts";
import { rosenbrock } from "../../../studies/reproduce/recipes/rosenbrock.ts";
import { theorem } from "../../../studies/reproduce/recipes/theorem.ts";
import { uci } from "../../../studies/reproduce/recipes/uci.ts";
import { translation } from "../../../studies/reproduce/recipes/translation.ts";
import { readResult, type Result } from "../../../studies/reproduce/result.ts";
import { judged, type Question } from "../../../studies/reproduce/verdict.ts";
import { short } from "../../../display/numbers.ts";
import { callMain, fileNames, inFolder } from "../../cli/command.ts";
import { writeCifar } from "../../data/cifar_files.ts";
import { writeTexts } from "../../data/text/text_files.ts";
import { SOURCES, uciText } from "../../data/uci_files.ts";

const size = { about: "tiny", time: "seconds" };

/** Reproduces, and gives the result. */
async function reproduced(recipe: Recipe, folder: string, ...more: string[]): Promise<Result> {
  const { code, stdout, stderr } = await callMain(
    (words) => main(words, [recipe]),
    recipe.name,
    ...more,
    `--out=${folder}`,
  );
  assertEquals([code, stderr], [0, ""], stdout + stderr);
  const result = await readResult(folder);
  assertStringIncludes(stdout, `\n${result.verdict}. Seeds 0 to 2; `);
  for (const { name } of result.pictures) assertMatch(Deno.readTextFileSync(`${folder}/${name}.svg`), /^<svg/);
  return result;
}

// deno-lint-ignore no-explicit-any -- whatever the file says
const json = (path: string): any => JSON.parse(Deno.readTextFileSync(path));

Deno.test("learning-rates: APO from each rate, schedules with as many trials and more, the schedule of another seed replayed", () =>
  inFolder(async (folder) => {
    const settings = {
      ...size,
      given: { model: "linear", batchSize: 16 },
      bases: ["sgd"],
      decades: [-3, 0],
      schedules: ["constant", "cosine"],
      steps: 12,
      trials: 3,
    };
    const { parts, counts, tables } = await reproduced(learningRates(settings, settings), folder, "--backend=cpu");
    assertEquals(counts.trials.total, 2 * 3);
    assertEquals(counts.runs.total, 3 * (2 + 2 + 1));
    assertEquals(parts.map(({ claim }) => claim.split(":")[0]), [
      "apo-sgd",
      "below the best fixed rate, over all bases",
      "below × 1.25 the best tuned decay, over all bases",
    ]);
    assertEquals(tables.map(({ rows }) => rows.length), [1, 1, 1]);
    for (const [number, decade] of [[1, -3], [2, 0]]) { // the grid comes first
      assertEquals(json(`${folder}/trial/sgd-cosine-${number}/config.json`).settings.learningRate, 10 ** decade);
    }
    const { settings: replayed, seed } = json(`${folder}/seed/sgd-replay-0/config.json`);
    const learned = Deno.readTextFileSync(`${folder}/seed/apo-sgd-from-1e-3-1/metrics.jsonl`).trim().split("\n");
    assertEquals([seed, replayed.replay.at(-1)[0]], [0, 12]);
    assertEquals(replayed.replay.at(-1)[1], JSON.parse(learned.at(-1)!).learned.rate);
  }));

Deno.test("gradient-noise: APO with nothing tuned; each of four rates tuned and judged, on wrong labels and on clean ones", () =>
  inFolder(async (folder) => {
    const settings = {
      ...size,
      given: { model: "linear", batchSize: 16 },
      situations: [
        { name: "wrong", given: { labelNoise: 0.2 }, steps: 12, bases: ["sgd"] },
        { name: "clean", given: {}, steps: 6, bases: ["sgd"] },
      ],
      decades: [-6, 1],
      trials: 1,
    };
    const { parts, counts, tables } = await reproduced(gradientNoise(settings, settings), folder, "--backend=cpu");
    assertEquals([counts.trials.total, counts.runs.total], [2 * 4, 2 * 3 * (2 + 4)]);
    assertEquals(parts.map(({ claim }) => claim.replace(/others, .*/, "others")), [
      "wrong: apo-sgd below the best fixed rate",
      "wrong: apo-sgd below × 1.01 the best of the others",
      "clean: apo-sgd below the best fixed rate",
      "clean: apo-sgd below × 1.01 the best of the others",
    ]);
    const config = (run: string) => json(`${folder}/seed/${run}/config.json`);
    const learned = config("apo-sgd-wrong-from-1e-6-2"), averaged = config("sgd-averaged-weights-wrong-0");
    assertEquals([learned.settings.learningRate, learned.labelNoise, learned.settings.average], [1e-6, 0.2, 0]);
    assertEquals([averaged.settings.schedule, averaged.settings.average], ["constant", 0.998]);
    assert(!("labelNoise" in config("sgd-cosine-clean-0")));
    const loss = (run: string) => json(`${folder}/seed/${run}/summary.json`).trainLoss;
    const ratios = [0, 1, 2].map((seed) =>
      Math.sqrt(loss(`apo-sgd-wrong-from-1e-6-${seed}`) * loss(`apo-sgd-wrong-from-1e1-${seed}`)) /
      loss(`sgd-fixed-rate-wrong-${seed}`)
    );
    const told = Number.parseFloat(tables[0].rows[1][3].text), mean = Math.cbrt(ratios[0] * ratios[1] * ratios[2]);
    assertAlmostEquals(told / mean, 1, 0.01);
    assertStringIncludes(parts[0].why, `× ${told} (`);
  }));

Deno.test("cifar-rates: five rates tuned on images that are held out; the error on test images decides", () =>
  inFolder(async (folder) => {
    const data = `${folder}/data`, out = `${folder}/out`;
    Deno.mkdirSync(data);
    await writeCifar(data, "cifar10");
    const settings = {
      ...size,
      given: { batchSize: 16 },
      situations: [{ name: "small", given: { model: "lenet" }, steps: 2, bases: ["momentum"] }],
      decades: [-2],
      trials: 1,
    };
    const recipe = cifarRates(settings, settings);
    const { parts, counts, tables } = await reproduced(recipe, out, "--backend=wasm", `--data=${data}`);
    assertEquals([counts.trials.total, counts.runs.total], [5, 3 * (1 + 5)]);
    assertEquals(parts.map(({ claim }) => claim.replace(/others, .*/, "others")), [
      "small: apo-momentum below the best fixed rate",
      "small: apo-momentum below × 1.025 the best of the others",
    ]);
    const tuning = json(`${out}/trial/momentum-step-decay-small-1/config.json`);
    assertEquals([tuning.holdout, tuning.modelChoice, tuning.settings.schedule], [0.1, {}, "step"]);
    const config = json(`${out}/seed/momentum-averaged-weights-small-0/config.json`);
    assertEquals([config.holdout, config.settings.average], [undefined, 0.998]);
    const errors = [0, 1, 2].map((seed) =>
      1 - json(`${out}/seed/apo-momentum-small-from-1e-2-${seed}/summary.json`).testAccuracy
    );
    const told = Number.parseFloat(tables[0].rows[0][2].text);
    assertAlmostEquals(told / Math.cbrt(errors[0] * errors[1] * errors[2]), 1, 0.01);
  }));

Deno.test("muon: APO with nothing tuned, from each rate, against each schedule tuned, on two tasks", () =>
  inFolder(async (folder) => {
    const settings: Settings = {
      ...size,
      situations: [
        { name: "paints", task: "mnist-autoencoder", given: { hidden: [4], batchSize: 16 }, steps: 8 },
        { name: "wrong", task: "mnist", given: { model: "linear", batchSize: 16, labelNoise: 0.2 }, steps: 12 },
      ],
      decades: [-6, 1],
      schedules: ["linear", "cosine"],
      trials: 2,
    };
    const { parts, counts, tables, source } = await reproduced(muon(settings, settings), folder, "--backend=cpu");
    assertEquals([counts.trials.total, counts.runs.total], [2 * 2 * 2, 2 * 3 * (2 + 2)]);
    const loss = (run: string) => json(`${folder}/seed/${run}/summary.json`).trainLoss;
    for (const [i, { name, task, steps }] of settings.situations.entries()) {
      const learned = json(`${folder}/seed/${name}-apo-muon-from-1e-6-2/config.json`);
      assertEquals([learned.task, learned.settings.learningRate, learned.settings.steps], [task, 1e-6, steps]);
      assertEquals(json(`${folder}/seed/${name}-muon-cosine-0/config.json`).settings.schedule, "cosine");
      const mean = (run: string) => Math.cbrt(loss(`${run}-0`) * loss(`${run}-1`) * loss(`${run}-2`));
      const ours = [-6, 1].map((decade) => mean(`${name}-apo-muon-from-1e${decade}`));
      const theirs = ["linear", "cosine"].map((schedule) => mean(`${name}-muon-${schedule}`));
      const { claim, why } = parts[i],
        // where both starts end at the bound of Muon's rate, their runs are the same, and either is the worst
        worst = Math.abs(ours[0] / ours[1] - 1) < 1e-9
          ? Number(/from 1e(-?\d)/.exec(claim)![1])
          : ours[0] > ours[1]
          ? -6
          : 1,
        best = theirs[0] < theirs[1] ? "linear" : "cosine";
      assertEquals(
        claim,
        `${name}: apo-muon, from 1e${worst} at the worst, below × 1.02 the best tuned, muon, ${best}`,
      );
      assertAlmostEquals(Number(/× ([\d.]+) /.exec(why)![1]) / (Math.max(...ours) / Math.min(...theirs)), 1, 0.01);
      assertEquals(tables[i].rows.length, 4);
    }
    assertEquals(json(`${folder}/seed/wrong-muon-linear-1/config.json`).labelNoise, 0.2);
    assertEquals(source!.split(";").length, 1, "both tasks have the same digits");
  }));

Deno.test("autoencoder: equal trials on data that are held out, then equal steps and equal time", () =>
  inFolder(async (folder) => {
    const settings = {
      ...size,
      given: { hidden: [4], batchSize: 16 },
      networks: [{ name: "relu", task: "mnist-autoencoder", given: { activation: "relu" }, steps: 40 }],
      firstOrder: [{ name: "adam", given: { optimizer: "adam", schedule: "linear" } }],
      secondOrder: [{ name: "kfac", given: { optimizer: "kfac" } }],
      others: [],
      ours: { name: "apo-kfac", given: { optimizer: "apo-kfac" } },
      trials: 3,
    };
    const { parts, tables, counts } = await reproduced(autoencoder(settings, settings), folder, "--backend=wasm");
    assertEquals([counts.trials.total, counts.runs.total], [3 * 3 + 3 * ROUNDS, 2 * 3 * 3]);
    assertEquals(
      parts.map(({ claim }) => claim),
      ["relu, equal steps", "relu, equal time"].flatMap((at) => [
        `${at}: below × 1.05 the test loss of kfac`,
        `${at}: below the test loss of adam`,
      ]),
    );
    assertEquals(json(`${folder}/seed/relu-adam-0/config.json`).modelChoice.activation, "relu");
    assertEquals(json(`${folder}/trial/relu-kfac-1/config.json`).holdout, 0.1);
    assert(!("holdout" in json(`${folder}/seed/relu-kfac-0/config.json`)), "the verdict's runs have all training data");
    const steps = tables[1].rows.map((row) => Number(row[3].text));
    assertEquals(steps[0], 40);
    assertEquals(json(`${folder}/seed/relu-kfac-in-time-0/config.json`).settings.steps, steps[1]);
  }));

Deno.test("low-precision: tuned in both formats; each run beside its twin; dampings and mantissas; on a table that is there", () =>
  inFolder(async (folder) => {
    const data = `${folder}/data`, out = `${folder}/out`, rows = 60;
    const tables = SOURCES.map((source) => ({ ...source, rows })), [protein] = tables;
    Deno.mkdirSync(data);
    Deno.writeTextFileSync(`${data}/${protein.files[0]}`, uciText(protein, rows));
    const method = (optimizer: string) => ({ name: optimizer, given: { optimizer } });
    const settings: PrecisionSettings = {
      ...size,
      situations: [],
      table: { given: { hidden: [3], batchSize: 16 }, steps: 6, starts: { kfac: { damping: 1e-3 } } },
      others: [],
      rival: { ...method("kfac"), inverts: true },
      scalar: method("apo-momentum"),
      ours: [method("apo-kfac")],
      dampings: [1e-6, 0.1],
      mantissas: [1, 23],
      trials: 1,
    };
    const recipe = lowPrecision(settings, settings, tables), tasks = ["ill-conditioned"];
    const result = await reproduced({ ...recipe, tasks }, out, "--backend=cpu", `--data=${data}`);
    const { parts, tables: shown, counts, notes } = result;
    assertEquals([counts.trials.total, counts.runs.total], [2 * 3, 3 * (7 + 3 + 3) + 2 * (4 + 2) + 2 * 3]);
    assertEquals(notes.slice(0, 2), ["uci-parkinsons: not there, left out.", "uci-slice: not there, left out."]);

    const config = (run: string) => json(`${out}/${run}/config.json`),
      run = (name: string) => config(`seed/protein-${name}`);
    const trial = config("trial/protein-kfac-in-bf16-1"), wide = run("kfac-0"), narrow = run("kfac-in-bf16-0");
    assertEquals([trial.holdout, trial.precision, trial.settings.damping], [0.1, "bf16", 1e-3]);
    assertEquals(config("trial/protein-kfac-1").precision, undefined);
    assertEquals([wide.precision, narrow.precision, narrow.float32], [undefined, "bf16", undefined]);
    assertEquals([narrow.settings, narrow.holdout], [wide.settings, undefined]);
    assertEquals(run("kfac-in-bf16-inverses-in-float32-tuned-there-1").float32, ["inverses", "sums", "meta"]);
    assertEquals(run("kfac-in-bf16-factors-and-inverses-in-float32-2").float32, [
      "factors",
      "inverses",
      "sums",
      "meta",
    ]);
    assertEquals(run("apo-momentum-in-e8m1-0").precision, "e8m1");

    const loss = (name: string) => json(`${out}/seed/protein-${name}/summary.json`).trainLoss;
    const losses = (name: string) => [0, 1, 2].map((seed) => loss(`${name}-${seed}`));
    const twins = (name: string) => ({ ours: losses(`${name}-in-bf16`), theirs: losses(name) });
    const factor = (name: string) => twins(name).ours.map((x, seed) => x / twins(name).theirs[seed]);
    const questions: readonly Omit<Question, "claim">[] = [
      { ...twins("apo-kfac"), below: 1.1 },
      { ...twins("apo-momentum"), below: 1.1 },
      {
        ...{ ours: losses("apo-kfac-in-bf16-tuned-there"), theirs: losses("kfac-in-bf16-tuned-there"), below: 1 },
        atBorder: { ours: ["apo-kfac"], theirs: ["kfac"] }, // of one trial the best is the outermost
      },
      { ours: factor("apo-kfac"), theirs: factor("kfac"), below: 1 },
    ];
    assertEquals(parts, questions.map((question, i) => judged({ ...question, claim: parts[i].claim })));
    assertEquals(parts.map(({ claim }) => claim), [
      "protein: apo-kfac in bf16 ends below × 1.1 its float32 twin",
      "protein: apo-momentum in bf16 ends below × 1.1 its float32 twin",
      "protein: in bf16 apo-kfac ends below kfac, both tuned there",
      "protein: bf16 costs apo-kfac a smaller factor of loss than kfac",
    ]);

    const [sentences, table, falls, dampings, found] = shown.map(({ rows }) =>
      rows.map((row) => row.map(({ text }) => text))
    );
    assertEquals(sentences.map((row) => row.slice(1)), parts.map(({ verdict }) => [verdict, verdict]));
    const [a, b, c] = factor("kfac");
    assertAlmostEquals(Number.parseFloat(table[1][2]) / Math.cbrt(a * b * c), 1, 0.01);
    assertEquals(table.map(([name, , , , refused, failed]) => [name, refused, failed]), [
      ["kfac in float32", "0", "0"],
      ["kfac in bf16", "0, 0", "0, 0"],
      ["kfac in bf16, inverses in float32", "0, 0", "0, 0"],
      ["kfac in bf16, factors and inverses in float32", "0, 0", "0, 0"],
      ["apo-momentum in float32", "0", "–"],
      ["apo-momentum in bf16", "0, 0", "–, –"],
      ["apo-kfac in float32", "0", "–"],
      ["apo-kfac in bf16", "0, 0", "–, –"],
    ]);
    const fallen = (name: string) => {
      const bits = [1, 23].filter((bits) => loss(`${name}-in-e8m${bits}-0`) > 1.5 * loss(`${name}-0`));
      return bits.length > 0 ? String(bits.at(-1)) : "holds down to 1";
    };
    assertEquals(falls, ["kfac", "apo-momentum", "apo-kfac"].map((name) => [name, fallen(name)]));
    const grid = (way: string) => ["1e-6", "1e-1"].map((damping) => loss(`${way}-damping-${damping}-0`));
    const ratios = grid("kfac-in-bf16").map((x) => x / Math.min(...grid("kfac-in-float32")));
    const smallest = ratios[0] <= 1.5 ? "1e-6" : ratios[1] <= 1.5 ? "1e-1" : "none";
    assertEquals(dampings[1], ["protein", "kfac in bf16", smallest, smallest, ...ratios.map(short)]);
    assertEquals(found.map((row) => row.slice(0, 2)), [
      ...["kfac", "apo-momentum", "apo-kfac"].map((name) => ["protein, float32", name]),
      ...["kfac", "apo-momentum", "apo-kfac"].map((name) => ["protein, bf16", name]),
    ]);
  }));

Deno.test("translation: tuned by the loss of lines that are held out; validation loss and BLEU decide, each", () =>
  inFolder(async (folder) => {
    const data = `${folder}/data`, out = `${folder}/out`;
    Deno.mkdirSync(data);
    const german = ["Der Hund läuft.", "Der Hund schläft.", "Die Katze läuft.", "Die Katze schläft."];
    const english = ["The dog runs.", "The dog sleeps.", "The cat runs.", "The cat sleeps."];
    for (const [part, times] of [["train", 10], ["val", 1], ["test", 1]] as const) {
      const lines = (all: readonly string[]) => Array.from({ length: times }, () => all).flat();
      await writeTexts(data, { [`${part}.de`]: lines(german), [`${part}.en`]: lines(english) });
    }
    const contestant = (optimizer: string) => ({ name: optimizer, given: { optimizer } });
    const settings = {
      ...size,
      given: { width: 8, heads: 2, hidden: [8], layers: 1, vocabulary: 300, batchSize: 60 },
      firstOrder: [{ name: "adam", given: { optimizer: "adam", schedule: "warmup-inverse-sqrt", learningRate: 0.05 } }],
      secondOrder: [contestant("muon-adam")],
      others: [],
      ours: contestant("apo-kfac"),
      learned: [
        { ...contestant("apo-adam"), order: "firstOrder" as const },
        { ...contestant("apo-muon-adam"), order: "secondOrder" as const },
      ],
      steps: 20,
      trials: 1,
    };
    const recipe = translation(settings, settings), flags = ["--backend=wasm", `--data=${data}`];
    const { parts, counts, tables } = await reproduced(recipe, out, ...flags);
    assertEquals([counts.trials.total, counts.runs.total], [3, 3 * 5]);
    assertEquals(
      parts.map(({ claim }) => claim),
      [["validation loss", 1.01], ["1/BLEU", 1.05]].flatMap(([title, level]) => [
        `apo-adam: below × ${level} the ${title} of adam`,
        `apo-muon-adam: below × ${level} the ${title} of muon-adam`,
        `apo-kfac: below × ${level} the ${title} of muon-adam`,
        `apo-kfac: below the ${title} of adam`,
      ]),
    );
    const summaries = (name: string) => [0, 1, 2].map((seed) => json(`${out}/seed/${name}-${seed}/summary.json`));
    const [ours, theirs] = ["apo-adam", "adam"].map(summaries), atBorder = { theirs: ["adam"], ours: [] };
    const expected = (claim: string, below: number, measure: (summary: Record<string, number>) => number) =>
      judged({ claim, ours: ours.map(measure), theirs: theirs.map(measure), below, atBorder });
    assertEquals(
      parts[0],
      expected("apo-adam: below × 1.01 the validation loss of adam", 1.01, (x) => x.validationLoss),
    );
    assertEquals(parts[4], expected("apo-adam: below × 1.05 the 1/BLEU of adam", 1.05, (x) => 1 / x.testBleu));
    assertEquals(tables[0].rows[3][1].text, ours.map(({ testBleu }) => short(testBleu)).join(", "));
    const named = tables[1].rows.map(([, { text }]) => text);
    assertEquals(named, ["adam", "muon-adam", "apo-kfac", "apo-adam", "apo-muon-adam"]);
    const trial = json(`${out}/trial/adam-1/config.json`), run = json(`${out}/seed/adam-2/config.json`);
    assertEquals([trial.holdout, trial.settings.schedule, run.holdout], [0.1, "warmup-inverse-sqrt", undefined]);
  }));

Deno.test("rosenbrock: each start is tuned for itself, and the runs that count are its best trials", () =>
  inFolder(async (folder) => {
    const contestant = (optimizer: string) => ({ name: optimizer, given: { optimizer } });
    const baselines = [contestant("sgd"), { name: "adam", given: { optimizer: "adam", learningRate: 0.1 } }];
    const settings = { ...size, target: 2, baselines, ours: contestant("apo-momentum"), steps: 60, trials: 3 };
    const { counts, tables } = await reproduced(rosenbrock(settings, settings), folder, "--backend=cpu");
    assertEquals([counts.trials.total, counts.runs.total], [3 * 3 * 3, 3 * 3]);
    const bySeed = tables[0].rows[1][2].text.split(", ").map(Number);
    for (const [seed, iterations] of bySeed.entries()) {
      const reached = [1, 2, 3].map((trial) => {
        const lines = Deno.readTextFileSync(`${folder}/trial/adam-seed-${seed}-${trial}/metrics.jsonl`).trim().split(
          "\n",
        );
        return lines.map((line) => JSON.parse(line)).findLastIndex(({ loss }) => loss > 2) + 1;
      });
      assertEquals(iterations, Math.min(...reached.filter((iterations) => iterations < 60)));
    }
  }));

Deno.test("uci: each table that is whole, with each network; what is left out is said, and leaves it inconclusive", () =>
  inFolder(async (folder) => {
    const data = `${folder}/data`, out = `${folder}/out`, rows = 60;
    const tables = SOURCES.map((source) => ({ ...source, rows }));
    const [protein, parkinsons, slice] = tables;
    for (const whole of [protein, parkinsons]) {
      Deno.mkdirSync(`${data}/${whole.name}`, { recursive: true });
      Deno.writeTextFileSync(`${data}/${whole.name}/${whole.files[0]}`, uciText(whole, rows));
    }
    Deno.writeTextFileSync(`${data}/${slice.files[1]}`, uciText(slice, 20));
    const settings = {
      ...size,
      given: { batchSize: 16 },
      networks: [[3], [2, 2]],
      firstOrder: [{ name: "adam", given: { optimizer: "adam", schedule: "linear" } }],
      secondOrder: [{ name: "kfac", given: { optimizer: "kfac" } }],
      others: [],
      ours: { name: "apo-kfac", given: { optimizer: "apo-kfac" } },
      steps: 6,
      trials: 1,
      repeats: 1,
    };
    const flags = ["--backend=cpu", `--data=${data}`];
    const recipe = uci(settings, settings, tables), result = await reproduced(recipe, out, ...flags);
    const { verdict, parts, tables: shown, counts, source } = result;
    assertEquals([counts.trials.total, counts.runs.total], [2 * 2 * 3, 2 * 2 * 3 * 3]);
    const cases = ["protein 3", "protein 2-2", "parkinsons 3", "parkinsons 2-2"];
    assertEquals(parts.map(({ claim }) => claim), [
      ...cases.flatMap((name) => [`${name}: below × 1.05 the loss of kfac`, `${name}: below the loss of adam`]),
      "slice",
    ]);
    assertEquals([parts.at(-1)!.verdict, parts.at(-1)!.why], ["inconclusive", "20 rows of 60 are there, left out"]);
    assert(verdict !== "supported");
    assertEquals(source!.match(/protein|parkinsons|slice/g), ["protein", "parkinsons"]);
    const trial = json(`${out}/trial/parkinsons-2-2-kfac-1/config.json`);
    assertEquals([trial.task, trial.data, trial.modelChoice.hidden, trial.holdout, trial.seed], [
      "uci-parkinsons",
      `${data}/parkinsons`,
      [2, 2],
      0.1,
      1000,
    ]);
    assert(
      !("holdout" in json(`${out}/seed/protein-3-adam-0/config.json`)),
      "the verdict's runs have all training rows",
    );
    const summaries = [0, 1, 2].map((seed) => json(`${out}/seed/protein-2-2-kfac-${seed}/summary.json`));
    const rmse = Math.cbrt(summaries.reduce((product, { testRmse }) => product * testRmse, 1));
    assertAlmostEquals(parseFloat(shown[1].rows[1][1].text), rmse, 0.01 * rmse, "in the target's units");
    const trained = () => Deno.statSync(`${out}/seed/parkinsons-3-adam-2/summary.json`).mtime, before = trained();
    assertEquals(await reproduced(recipe, out, ...flags), result);
    assertEquals(trained(), before, "nothing is trained again");
  }));

Deno.test("theorem: computed once, in this process", () =>
  inFolder(async (folder) => {
    const recipe = theorem({ ...size, free: [[2, 2]] }, { ...size, free: [] });
    const first = await reproduced(recipe, folder);
    assertEquals([first.verdict, first.backend, first.counts.runs.total], ["supported", null, 9]);
    assertEquals(fileNames(`${folder}/computed`).length, 9);
    const path = `${folder}/computed/free-matrix-of-2-parameters-seed-1.json`, course = json(path);
    course.points.at(-1).value = 0.5;
    Deno.writeTextFileSync(path, JSON.stringify(course));
    const second = await reproduced(recipe, folder);
    assertAlmostEquals(Number(second.tables[0].rows[0][2].text.split(", ")[1]), 0.5);
    assertEquals(second.verdict, "inconclusive", "one seed of three is far off");
  }));
