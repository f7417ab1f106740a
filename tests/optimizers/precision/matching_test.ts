/** Problems, policies and optimizers that do not belong together: refused before a step is made partly in float32. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { chooseBackend, fit, fixedRate, mlp, momentum, narrowOptimizer, narrowProblem } from "../../../mod.ts";
import { type Policy, policyOf, type Problem, rows, softmax, UserError, weightAverage } from "../../../mod.ts";

await chooseBackend("cpu");

const wide: Problem = { model: mlp([2, 8, 2]), output: softmax() };
const bf16 = policyOf({ precision: "bf16" }), f16 = policyOf({ precision: "f16" }), nothing = undefined as unknown;
const rule = (problem: Problem) => fixedRate({ problem, direction: momentum(), learningRate: 0.1 });

Deno.test("narrowProblem and narrowOptimizer refuse what is none, what is narrow, and an optimizer of another problem", () => {
  const narrow = narrowProblem(wide, f16);
  const cases: [() => unknown, RegExp][] = [
    [() => narrowProblem(nothing as Problem, f16), /^problem is undefined; give { model, output }$/],
    [() => narrowProblem(wide, nothing as Policy), /^policy is undefined; give policyOf\({ precision: "bf16" }\)$/],
    [() => narrowProblem(narrow, f16), /^problem is narrow; give the one that narrowProblem was given$/],
    [() => narrowOptimizer(nothing as ReturnType<typeof rule>, f16), /^optimizer is undefined; give what/],
    [() => narrowOptimizer(rule(narrow), "f16" as unknown as Policy), /^policy is f16; give policyOf/],
    [() => narrowOptimizer(rule(wide), f16), /^optimizer was made for a problem in float32; make one problem/],
    [() => narrowOptimizer(rule(narrow), bf16), /^optimizer was made for a problem of another policy; make one/],
  ];
  for (const policy of [f16, bf16]) { // with a scale of the loss, and without one
    const twice = () => narrowOptimizer(narrowOptimizer(rule(narrowProblem(wide, policy)), policy), policy);
    cases.push([twice, /^optimizer is narrow; give the one that narrowOptimizer was given$/]);
  }
  for (const [make, message] of cases) {
    const error = assertThrows(make, UserError);
    assertEquals(message.test(error.message), true, error.message);
  }
});

Deno.test("fit refuses a narrow problem with an optimizer that is not, and the other way round", async () => {
  const narrow = narrowProblem(wide, f16), data = { train: rows({ inputs: [[0, 1], [1, 0]], labels: [0, 1] }) };
  const { problem: _, ...anyProblem } = rule(narrow);
  const train = async (options: Pick<Parameters<typeof fit>[0], "problem" | "optimizer">) => {
    let steps = 0;
    for await (const event of fit({ ...options, data, steps: 1 })) steps = event.step;
    return steps;
  };
  const refused = async (problem: Problem, optimizer: unknown) =>
    (await assertRejects(() => train({ problem, optimizer } as Parameters<typeof train>[0]), UserError)).message;
  assertEquals(
    await refused(narrow, rule(narrow)),
    "problem is narrow and optimizer is not; give narrowOptimizer(optimizer, policy), with an optimizer that was made for this problem",
  );
  const whole = narrowOptimizer(rule(narrow), f16);
  for (const optimizer of [whole, narrowOptimizer(anyProblem, f16), weightAverage(whole)]) {
    assertEquals(
      await refused(wide, optimizer),
      "optimizer is narrow and problem is not; make one problem, const narrow = narrowProblem(problem, policy), and give it to " +
        "the optimizer and to fit",
    );
    assertEquals(await train({ problem: narrow, optimizer } as Parameters<typeof train>[0]), 1);
  }
});
