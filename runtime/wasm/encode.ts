/**
 * The binary form of WebAssembly, as far as `elementwiseModule` needs it: https://webassembly.github.io/spec/core/binary
 * @module
 */

/** An unsigned number in LEB128. */
export function unsigned(value: number): number[] {
  return value < 128 ? [value] : [value % 128 + 128, ...unsigned(Math.floor(value / 128))];
}

/** A count, and that many items. */
export function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

/** A name. */
export function text(name: string): number[] {
  return vector(Array.from(new TextEncoder().encode(name), (byte) => [byte]));
}

/** A section or a function's body: its size in bytes, and itself. */
export function sized(bytes: readonly number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

/** A float32. */
export function float32(value: number): number[] {
  return [...new Uint8Array(new Float32Array([value]).buffer)]; // little-endian, as every machine that Deno runs on
}

/** A vector instruction. */
export function simd(opcode: number): number[] {
  return [0xfd, ...unsigned(opcode)];
}

/** Puts a local variable on the stack. */
export function get(local: number): number[] {
  return [0x20, ...unsigned(local)];
}

/** Takes a value from the stack into a local variable. */
export function set(local: number): number[] {
  return [0x21, ...unsigned(local)];
}

/** Puts the value on top of the stack into a local variable, too. */
export function tee(local: number): number[] {
  return [0x22, ...unsigned(local)];
}
