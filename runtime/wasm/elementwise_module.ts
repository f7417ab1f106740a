/**
 * Compiles a formula to WebAssembly: one loop over memory, four numbers at a time, however many operations there are.
 * @module
 */
import type { Operation } from "../elementwise/expression.ts";
import { type Program, varying } from "../elementwise/program.ts";
import type { Format } from "../precision/format.ts";
import { float32, get, set, simd, sized, tee, text, unsigned, vector } from "./encode.ts";
import { rounding } from "./rounding.ts";

const I32 = 0x7f, F32 = 0x7d, V128 = 0x7b;
const SECTION = { type: 1, import: 2, function: 3, export: 7, code: 10 };
const BLOCK = [0x02, 0x40], LOOP = [0x03, 0x40], END = [0x0b], GREATER_OR_EQUAL = [0x4f], ADD = [0x6a], AND = [0x71];
const UNALIGNED = [2, 0]; // tfjs's memory lies at multiples of 8, so nothing beyond 4 bytes is promised

/** How one kind of value is loaded, stored and computed. All of it is rounded as IEEE 754 says, and so equal on every machine. */
interface Kind {
  readonly bytes: number;
  readonly load: readonly number[];
  readonly store: readonly number[];
  readonly operations: Readonly<Record<Operation, readonly number[]>>;
}

const four: Kind = {
  bytes: 16,
  load: [...simd(0x00), ...UNALIGNED],
  store: [...simd(0x0b), ...UNALIGNED],
  operations: {
    sqrt: simd(0xe3),
    add: simd(0xe4),
    sub: simd(0xe5),
    mul: simd(0xe6),
    div: simd(0xe7),
    minimum: simd(0xe8),
    maximum: simd(0xe9),
    // x > 0 is all bits or none: of the bits of 1, those
    step: [0x43, ...float32(0), ...simd(0x13), ...simd(0x44), 0x43, ...float32(1), ...simd(0x13), ...simd(0x4e)],
  },
};
const lane = (number: number) => [...simd(0x1f), number];
const one: Kind = {
  bytes: 4,
  load: [0x2a, ...UNALIGNED],
  store: [0x38, ...UNALIGNED],
  operations: {
    sqrt: [0x91],
    add: [0x92],
    sub: [0x93],
    mul: [0x94],
    div: [0x95],
    minimum: [0x96],
    maximum: [0x97],
    step: [0x43, ...float32(0), 0x5e, 0xb2], // x > 0 is 1 or 0, as an integer
  },
};

const integer = (value: number) => [0x41, value & 0x7f]; // signed LEB128 of −64 … 63

/**
 * The module's bytes. It imports `env.memory` and exports `run(bytes, …inputs, …results, sums)`: the size of the results, and
 * where each tensor lies, in the program's order. At `sums` it leaves the sum of each result, in some order of its numbers:
 * where it is finite they are, too.
 *
 * @param shared The inputs that are one number, the same for every element.
 * @param format What the results of operations are rounded to, as `ElementwiseAttributes` says.
 */
export function elementwiseModule(
  program: Program,
  shared: readonly string[],
  format?: Format,
): Uint8Array<ArrayBuffer> {
  const { instructions, inputs, results } = program, { length } = instructions;
  const parameters = 2 + inputs.length + results.length;
  const at = parameters, limit = at + 1;
  const local = (kind: Kind, value: number) => limit + 1 + value + (kind === one ? instructions.length : 0);
  const sum = (kind: Kind, i: number) => limit + 1 + 2 * instructions.length + i + (kind === one ? results.length : 0);
  const place = (name: string) => get(1 + inputs.indexOf(name));
  const changes = (value: number) => {
    const instruction = instructions[value];
    return instruction.kind === "operation" || (instruction.kind === "input" && !shared.includes(instruction.name));
  };
  const varies = varying(program, shared);
  const { vectors, before, clean, round } = rounding(format, limit + 1 + 2 * length + 2 * results.length);
  const asVector = (kind: Kind, code: readonly number[]) =>
    kind === four || code.length === 0 ? code : [...simd(0x13), ...code, ...lane(0)];

  const fixed = instructions.flatMap((instruction, value) => {
    if (changes(value) || instruction.kind === "operation") return [];
    const number = instruction.kind === "constant"
      ? [0x43, ...float32(instruction.value)]
      : [...place(instruction.name), ...one.load, ...asVector(one, clean)];
    return [...number, ...tee(local(one, value)), ...simd(0x13), ...set(local(four, value))]; // tee, splat
  });
  const element = (kind: Kind) => [
    ...instructions.flatMap((instruction, value) => {
      if (!changes(value) || instruction.kind === "constant") return [];
      const computed = instruction.kind === "input"
        ? [...place(instruction.name), ...get(at), ...ADD, ...kind.load, ...asVector(kind, clean)]
        : [...instruction.operands.flatMap((x) => get(local(kind, x))), ...kind.operations[instruction.operation]];
      const rounds = instruction.kind === "operation" && varies[value];
      return [...computed, ...rounds ? asVector(kind, round) : [], ...set(local(kind, value))];
    }),
    ...results.flatMap((value, i) => [
      ...[...get(1 + inputs.length + i), ...get(at), ...ADD],
      ...[...get(local(kind, value)), ...kind.store],
      ...[...get(sum(kind, i)), ...get(local(kind, value)), ...kind.operations.add, ...set(sum(kind, i))],
    ]),
  ];
  const loop = (kind: Kind) => [
    ...[...BLOCK, ...LOOP, ...get(at), ...get(limit), ...GREATER_OR_EQUAL, 0x0d, 1], // leaves the block
    ...[...element(kind), ...get(at), ...integer(kind.bytes), ...ADD, ...set(at), 0x0c, 0, ...END, ...END],
  ];
  const total = results.flatMap((_, i) => [
    ...[...get(parameters - 1), ...get(sum(one, i))],
    ...[0, 1, 2, 3].flatMap((number) => [...get(sum(four, i)), ...lane(number), ...one.operations.add]),
    ...[0x38, 2, ...unsigned(4 * i)],
  ]);
  const values = [length, results.length].flatMap((count) => [[count, V128], [count, F32]]);
  const locals = [[2, I32], ...values, [vectors, V128]];
  const body = [
    ...vector(locals.map(([count, type]) => [...unsigned(count), type])),
    ...[...get(0), ...integer(-16), ...AND, ...set(limit), ...before, ...fixed, ...loop(four)],
    ...[...get(0), ...set(limit), ...loop(one), ...total, ...END],
  ];

  const section = (id: number, content: readonly number[]) => [id, ...sized(content)];
  const type = [0x60, ...vector(Array(parameters).fill([I32])), ...vector([])];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(SECTION.type, vector([type])),
    ...section(SECTION.import, vector([[...text("env"), ...text("memory"), 2, 0, 0]])),
    ...section(SECTION.function, vector([[0]])),
    ...section(SECTION.export, vector([[...text("run"), 0, 0]])),
    ...section(SECTION.code, vector([sized(body)])),
  ]);
}
