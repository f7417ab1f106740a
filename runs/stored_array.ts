/**
 * Arrays as safetensors files hold them.
 * @module
 */

/**
 * What holds the values of each element type, in the order in which the format's own library writes them: wide elements first
 * keeps all of them aligned.
 */
export const CONSTRUCTORS = {
  F32: Float32Array,
  I32: Int32Array,
  BF16: Uint16Array,
  F16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
};

/** The element types that tfjs has, bfloat16, float16, and bytes. */
export type Dtype = keyof typeof CONSTRUCTORS;

/**
 * One array: its element type, its shape (`[]` is a scalar) and its values in row-major order. A `BOOL` is 0 or 1; a `BF16` or
 * `F16` is its pattern of 16 bits.
 */
export type StoredArray =
  & { readonly shape: readonly number[] }
  & (
    | { readonly dtype: "F32"; readonly data: Float32Array }
    | { readonly dtype: "I32"; readonly data: Int32Array }
    | { readonly dtype: "BF16" | "F16"; readonly data: Uint16Array }
    | { readonly dtype: "U8" | "BOOL"; readonly data: Uint8Array }
  );
