import { assert, assertAlmostEquals, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { catalogue, catalogued } from "../../../optimizers/catalogue/catalogue.ts";
import { UserError } from "../../../runtime/errors.ts";
import { main } from "../../../cli/compare.ts";
import { budgetText, parseBudget } from "../../../studies/compare/budget.ts";
import { extrapolated } from "../../../studies/calibrate.ts";
import { commandOf } from "../../../cli/compare_settings.ts";
import { flagOf } from "../../../cli/flags.ts";
import { compareFlags } from "../../../cli/compare_flags.ts";
import { parseSettings } from "../../../cli/compare_settings.ts";
import { knobsOf } from "../../../studies/tune.ts";
import { allEnded } from "../../../studies/turns.ts";
import { callMain, contents, fileNames, inFolder } from "../../cli/command.ts";
import { results } from "./results.ts";

Deno.test("parseBudget: steps and seconds, and nothing else", () => {
  assertEquals(parseBudget("1500steps"), { steps: 1500 });
  assertEquals(parseBudget("1step"), { steps: 1 });
  assertEquals(parseBudget("60s"), { seconds: 60 });
  assertEquals(parseBudget("0.5 s"), { seconds: 0.5 });
  assertEquals([budgetText({ steps: 20 }), budgetText({ seconds: 1.5 })], ["20steps", "1.5s"]);
  for (
    const text of ["", "10", "steps", "0steps", "1.5steps", "-3s", "0s", "1e999s", "1.2.3s", "5 minutes", "1e20steps"]
  ) {
    const { message } = assertThrows(() => parseBudget(text), UserError);
    assertStringIncludes(message, `budget=${text} cannot be; give`);
  }
});

Deno.test("parseSettings: flags of train by optimizer, and what is wrong with them", () => {
  const parse = (...texts: string[]) => parseSettings(texts, ["adam", "apo-adam"]);
  assertEquals(parse(), {});
  assertEquals(parse("adam:lr=0.002,schedule=cosine", "apo-adam:meta-batch-size=8, every=5"), {
    adam: { learningRate: 0.002, schedule: "cosine" },
    "apo-adam": { metaBatchSize: 8, every: 5 },
  });
  const wrong: [texts: string[], ...needed: string[]][] = [
    [["adam"], "--set=adam: write", "adam:lr=0.002"],
    [["adam:"], "--set=adam:"],
    [["admm:lr=1"], "--set=admm:lr=1", "did you mean adam?"],
    [["adam:lr=0"], "--lr=0 cannot be"],
    [["adam:lr=1,lr=2"], "--lr is given 2 times"],
    [["adam:lt=1"], "--lt=1 is unknown; did you mean --lr?"],
    [["adam:steps=3"], "steps is the same for all optimizers; see --help"],
    [["adam:batch-size=3"], "batch-size is the same for all optimizers; give --batch-size by itself"],
    [["adam:lr=1,"], "write OPTIMIZER"],
    [[":lr=1"], "write OPTIMIZER"],
    [["adam:lr=1", "adam:clip=1"], "set twice"],
  ];
  for (const [texts, ...needed] of wrong) {
    const { message } = assertThrows(() => parse(...texts), UserError);
    for (const word of needed) assertStringIncludes(message, word);
  }
});

Deno.test("extrapolated: the start counts once, and a busy glance does no harm", () => {
  // 0.5 s of start, then 10 ms a step
  const { stepsPerSecond, startUp, steps } = extrapolated(10, [30, 0.8], [90, 1.4]);
  assertAlmostEquals(stepsPerSecond, 100, 1e-9);
  assertAlmostEquals(startUp, 0.5, 1e-9);
  assertEquals(steps, 950);
  const busy = extrapolated(10, [30, 3], [90, 1.8]); // the later 60 steps cannot have taken less than no time
  assert(busy.steps > 0 && busy.steps <= 1000, `${busy.steps} steps`);
  assertEquals(extrapolated(0.1, [30, 0.8], [90, 1.4]).steps, 1);
});

Deno.test("knobsOf: the rate of fixed ones, λ_FSD and the meta rate of those that learn theirs", () => {
  const settings = {
    learningRate: 0.1,
    lambdaFsd: 1.5,
    metaRate: 0.05,
    damping: 0.1,
    trustRegion: 0.001,
    hyperRate: 1e-3,
  };
  const names = (name: string) => knobsOf(catalogued(name), settings).map(({ setting }) => setting);
  assertEquals(names("adam"), ["learningRate"]);
  assertEquals(names("kfac"), ["trustRegion", "damping"]);
  assertEquals(names("apo-momentum"), ["lambdaFsd", "metaRate"]);
  assertEquals(knobsOf(catalogued("apo-adam"), { ...settings, lambdaFsd: 0 }).map(({ setting }) => setting), [
    "metaRate",
  ]);
  for (const entry of Object.values(catalogue)) {
    for (const { setting, start } of knobsOf(entry, settings)) {
      assert(entry.settings.includes(setting));
      assertEquals(start, settings[setting]);
    }
  }
  assertEquals(knobsOf({ ...catalogued("apo-adam"), tuned: undefined }, settings)[0].setting, "learningRate");
});

Deno.test("allEnded: the results, or the first error once everything has ended", async () => {
  let ended = 0;
  const work = async (name: string, ms: number) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    ended++;
    if (name === "b") throw new Error("b fails");
    return name;
  };
  const error = await allEnded([work("a", 20), work("b", 1), work("c", 1)]).catch((error) => error);
  assertEquals([error.message, ended], ["b fails", 3]);
  assertEquals(await allEnded([work("e", 2), work("f", 1)]), ["e", "f"]);
});

Deno.test("commandOf: what does it again", () => {
  const { comparison } = results();
  assertEquals(
    commandOf(comparison),
    "deno task compare --task=mnist --hidden=16,8 --backend=cpu --optimizers=momentum,apo-momentum --set=momentum:lr=0.5,schedule=cosine " +
      "--seeds=3 --budget=300steps --tune --trials=3",
  );
  assertStringIncludes(commandOf({ ...comparison, shared: { data: "a b" } }), "--data='a b'");
  assert(commandOf({ ...comparison, shared: { blas: "off" } }).startsWith("deno task compare --blas=off "));
  assert(commandOf({ ...comparison, shared: { blas: "/a.so" } }).startsWith("deno task blas compare --blas=/a.so "));
});

const wrong: [words: string[], ...needed: string[]][] = [
  [["--optimizers=adam,apo-momentun"], "--optimizers=apo-momentun", "apo-momentum"],
  [["--optimizers=adam,adam"], "--optimizers=adam,adam", "twice"],
  [["--optimizers=adam,x=adam,x=sgd"], "x is there twice", "x,other=adam"],
  [["--optimizers=adam,x=sdg"], "--optimizers=sdg is unknown", "sgd"],
  [["--optimizers=adam,,sgd"], "--optimizers=adam,,sgd cannot be"],
  [["--optimizers=adam,a\nb"], "--optimizers=a\\nb is unknown"],
  [
    ["--optimizers=sgd,kfac"],
    "--optimizers=kfac: --optimizer=kfac does not fit --model=rosenbrock",
    "belongs to no linear map",
  ],
  [
    ["--task=mnist", "--model=conv", "--optimizers=natural-gradient"],
    "--optimizers=natural-gradient: --optimizer=natural-gradient does not fit --model=conv",
  ],
  [
    ["--task=mnist", "--hidden=64", "--optimizers=sgd,newton"],
    "--optimizers=newton: --optimizer=newton does not fit --model=mlp",
    "too large",
  ],
  [["--task=mnist", "--data=README.md"], "--data=README.md is a file"],
  [["--set=sgd:damping=0.1"], "--set=sgd:damping=0.1", "means nothing"],
  [["--budget=1e300s"], "--budget=1e300s"],
  [["--optimizers="], "--optimizers has no value"],
  [["--optimizer=adam"], "--optimizer=adam", "--optimizers"],
  [["--task=mnits"], "--task=mnits", "mnist"],
  [["--budget=10"], "--budget=10", "1500steps"],
  [["--seeds=0"], "--seeds=0"],
  [["--seeds=1001"], "--seeds=1001", "1000"],
  [["--trials=5"], "--trials=5", "--tune"],
  [["--tune", "--trials=2"], "--trials=2", "3"],
  [["--jobs=x"], "--jobs=x"],
  [["--set=adam:lr=-1"], "--set=adam:lr=-1", "--lr=-1"],
  [["--set=adam:lambda-fsd=1"], "--lambda-fsd=1", "adam"],
  [["--hidden=4"], "--hidden=4", "rosenbrock"],
  [["--batch-size=2"], "--batch-size=2", "1 examples"],
  [["--data=/nowhere"], "--data=/nowhere"],
  [["--backend=wsm"], "--backend=wsm", "wasm"],
  [["--backend=wasm", "--blas=/nowhere/libopenblas.so"], "--blas=/nowhere/libopenblas.so", "--allow-ffi", "--blas=off"],
  [["fast"], "fast"],
  [["--resume=/nowhere"], "/nowhere is no comparison"],
];

Deno.test("compare with bad flags: exit 2, one line that says what is wrong, nothing left behind", async (test) => {
  for (const [words, ...needed] of wrong) {
    await test.step(words.join(" "), () =>
      inFolder(async (folder) => {
        const given = (flag: string) => words.some((word) => word.startsWith(`--${flag}`));
        const task = given("task") || given("resume") ? [] : ["--task=rosenbrock", "--optimizers=adam,sgd"];
        const others = task.filter((flag) => !given(flag.split("=")[0].slice(2)));
        const place = given("resume") ? [] : [`--out=${folder}/out`];
        const backend = given("backend") || given("resume") ? [] : ["--backend=cpu"];
        const { code, stdout, stderr } = await callMain(main, ...others, ...place, ...backend, ...words, "--quiet");
        assertEquals([code, stdout], [2, ""]);
        assertMatch(stderr, /^[^\n]+\n$/, "one line");
        for (const word of needed) assertStringIncludes(stderr, word);
        assertEquals(fileNames(folder), []);
      }));
  }
});

Deno.test("compare --out and --resume: what is no comparison is left as it is", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/full`);
    await Deno.writeTextFile(`${folder}/full/thesis.txt`, "years of work");
    await Deno.mkdir(`${folder}/odd`);
    await Deno.writeTextFile(`${folder}/odd/comparison.json`, '{"format":2,"contestants":[null]}');
    const before = [contents(`${folder}/full`), contents(`${folder}/odd`)];
    const small = ["--task=rosenbrock", "--optimizers=sgd", "--seeds=1", "--budget=1steps", "--backend=cpu", "--quiet"];
    for (const out of ["full", "odd", "full/thesis.txt"]) {
      for (const words of [[...small, `--out=${folder}/${out}`], [`--resume=${folder}/${out}`]]) {
        const { code, stderr } = await callMain(main, ...words);
        assertEquals(code, 2);
        assertMatch(stderr, /^[^\n]+\n$/);
        assertStringIncludes(stderr, `${folder}/${out}`);
      }
    }
    assertEquals([contents(`${folder}/full`), contents(`${folder}/odd`)], before);
  }));

Deno.test("compare --help: every flag, an example, what seconds and jobs mean", async () => {
  const { code, stdout, stderr } = await callMain(main, "--help");
  assertEquals([code, stderr], [0, ""]);
  for (const name of Object.keys(compareFlags)) {
    assertMatch(stdout, new RegExp(`^ +--${flagOf(name, compareFlags)}\\b`, "m"));
  }
  for (
    const part of [
      "deno task compare --tune",
      "disturb each other's timing",
      "calibration",
      "test data are not looked at",
      "and --hyper-lr",
    ]
  ) {
    assertStringIncludes(stdout, part);
  }
});
