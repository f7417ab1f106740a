/** Which numbers are narrow: names, and what is refused. */
import { assertEquals, assertThrows } from "@std/assert";
import { policyOf, type PolicyOptions as Options, UserError } from "../../../mod.ts";
import { BF16, F16 } from "../../../runtime/precision/format.ts";

const everything = { passes: BF16, update: BF16, factors: BF16, inverses: BF16 };

Deno.test("policyOf: a format alone is of everything but what learns a rate; parts may stay in float32", () => {
  const weights = { format: BF16, stochastic: false };
  const results = (float32?: string[]) => {
    const { arithmetic } = policyOf({ precision: "bf16", float32 });
    assertEquals(arithmetic.sums ?? false, float32 !== undefined && !float32.includes("sums"));
    assertEquals([arithmetic.weights, arithmetic.products], [weights, undefined]);
    return arithmetic.results;
  };
  assertEquals(results(), everything);
  assertEquals(results(["sums", "meta"]), everything);
  assertEquals(results(["none"]), { ...everything, meta: BF16 });
  assertEquals(results(["factors", "inverses", "sums", "meta"]), { passes: BF16, update: BF16 });
});

Deno.test("policyOf: endings say what is narrow", () => {
  const arithmetic = (precision: string) => policyOf({ precision }).arithmetic;
  assertEquals(arithmetic("bf16-master"), { results: { passes: BF16 } });
  assertEquals(arithmetic("f16-products"), { results: {}, products: F16 });
  assertEquals(arithmetic("f16-gpu"), { results: {}, products: F16, halves: true });
  const weights = { format: BF16, stochastic: true };
  assertEquals(arithmetic("bf16-stochastic"), { results: { passes: BF16 }, weights });
  assertEquals(arithmetic("e6m5-master").results.passes, { name: "e6m5", exponent: 6, mantissa: 5 });
});

Deno.test("policyOf: losses are scaled where the format has a narrow exponent, or where one says so", () => {
  const scales = (precision: string, lossScale?: "dynamic" | "none") => policyOf({ precision, lossScale }).scalesLoss;
  assertEquals(["bf16", "f16", "e5m7-master", "e8m3"].map((name) => scales(name)), [false, true, true, false]);
  assertEquals([scales("bf16", "dynamic"), scales("f16", "none")], [true, false]);
});

Deno.test("policyOf: what there is not is refused by name, with a remedy", () => {
  const cases: [Options, RegExp][] = [
    [{ precision: "bf17" }, /^precision is bf17; give bf16, f16, or/],
    [{ precision: "e9m7" }, /^precision is e9m7; /],
    [{ precision: "bf17-master" }, /^precision is bf17-master; give bf16, f16, or/],
    [
      { precision: "bf16-gpu" },
      /^precision=bf16-gpu is unknown; .*There are: bf16-master, bf16-products, bf16-stochastic$/,
    ],
    [{ precision: "bf16-master-master" }, /^precision=bf16-master-master is unknown; did you mean bf16-master\?/],
    [{} as Options, /^precision is undefined; give bf16/],
    [{ precision: 3 } as unknown as Options, /^precision is 3; give bf16/],
    ["bf16" as unknown as Options, /^options is bf16; give { precision: "bf16" }$/],
    [{ precision: "bf16", float32: "sums" } as unknown as Options, /^float32 is sums; give a list of parts/],
    [{ precision: "f16", lossScale: 128 } as unknown as Options, /^lossScale is "128"; give "dynamic" or "none"$/],
    [{ precision: "bf16-mister" }, /^precision=bf16-mister is unknown; did you mean bf16-master\?/],
    [
      { precision: "bf16", float32: ["weights"] },
      /^float32=weights is unknown; .*passes, update, factors, inverses, sums, meta, none$/,
    ],
    [{ precision: "bf16", float32: ["none", "meta"] }, /^float32 is none,meta; give none by itself/],
    [
      { precision: "bf16-master", float32: ["meta"] },
      /^float32=meta means nothing to precision=bf16-master; leave it out, or give precision=bf16$/,
    ],
  ];
  for (const [options, message] of cases) {
    const error = assertThrows(() => policyOf(options), UserError);
    assertEquals(message.test(error.message), true, error.message);
  }
});
