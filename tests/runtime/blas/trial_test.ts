import { assert, assertFalse } from "@std/assert";
import { TRANSPOSED } from "../../../runtime/wasm/blas/library.ts";
import { isRight } from "../../../runtime/wasm/blas/trial.ts";

type Sgemm = Parameters<typeof isRight>[0]["sgemm"];

const floats = (data: unknown) => data as Float32Array;

/** `cblas_sgemm` in plain code, with a fault or none. */
function plain(
  { element = (x) => x, skip = 0, transposes = true, adds = false }: {
    readonly element?: (x: number) => number;
    readonly skip?: number;
    readonly transposes?: boolean;
    readonly adds?: boolean;
  } = {},
): Sgemm {
  return (_layout, howA, howB, rows, columns, inner, _alpha, a, widthA, b, widthB, _beta, out, width) => {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum = adds ? floats(out)[i * width + j] : 0;
        for (let k = 0; k < inner - skip; k++) {
          const x = floats(a)[howA === TRANSPOSED && transposes ? k * widthA + i : i * widthA + k];
          sum += element(x) * floats(b)[howB === TRANSPOSED ? j * widthB + k : k * widthB + j];
        }
        floats(out)[i * width + j] = sum;
      }
    }
  };
}

/** A number with 8 bits, as bfloat16 has it. */
function brief(x: number): number {
  const bits = new Uint32Array(new Float32Array([x]).buffer);
  bits[0] &= 0xffff0000;
  return new Float32Array(bits.buffer)[0];
}

Deno.test("trial: right products pass, and every fault is found", () => {
  assert(isRight({ sgemm: plain() }));
  const faults: Record<string, Sgemm> = {
    "the last of each sum is left out": plain({ skip: 1 }),
    "half precision": plain({ element: brief }),
    "no transposes": plain({ transposes: false }),
    "what was in memory is added to, although β is 0": plain({ adds: true }),
    "nothing is written": () => {},
  };
  for (const [what, sgemm] of Object.entries(faults)) assertFalse(isRight({ sgemm }), what);
});

Deno.test("trial: a fault that shows in long sums only, or in one place of one transpose only", () => {
  const right = plain();
  const unless = (wrong: (howA: number, howB: number, inner: number) => boolean): Sgemm => (...values) => {
    right(...values);
    if (wrong(values[1], values[2], values[5])) floats(values[12])[values[3] * values[13] - 1] += 1;
  };
  assertFalse(isRight({ sgemm: unless((_a, _b, inner) => inner > 512) }));
  assertFalse(isRight({ sgemm: unless((howA, howB) => howA === TRANSPOSED && howB === TRANSPOSED) }));
  assert(isRight({ sgemm: unless(() => false) }));
});
