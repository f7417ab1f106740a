/**
 * The generator behind random numbers of the device: Threefry-2x32 with 20 rounds, a function of a key and a counter that needs no
 * state (Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011; its reference is Random123).
 * @module
 */

/** Two unsigned integers of 32 bits. */
export type Words = readonly [number, number];

/** By how many bits the second word is rotated in each round; after eight rounds they repeat. */
export const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;

/** Skein's constant, the third word of a key apart from the other two. */
export const PARITY = 0x1bd11bda;

/** Two random words for a counter. */
export function threefry2x32([key0, key1]: Words, [counter0, counter1]: Words): Words {
  const keys = [key0, key1, PARITY ^ key0 ^ key1];
  let x = (counter0 + key0) | 0, y = (counter1 + key1) | 0;
  for (let group = 1; group <= 5; group++) {
    for (let i = 0; i < 4; i++) {
      const rotation = ROTATIONS[(4 * (group - 1) + i) % 8];
      x = (x + y) | 0;
      y = ((y << rotation) | (y >>> (32 - rotation))) ^ x;
    }
    x = (x + keys[group % 3]) | 0;
    y = (y + keys[(group + 1) % 3] + group) | 0;
  }
  return [x >>> 0, y >>> 0];
}

/** The generator's key for a seed (any number) and a name (any text): the name's hash, encrypted by the seed. */
export function keyOf(seed: number, name: string): Words {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, seed + 0); // −0 is the seed 0
  return threefry2x32([bits.getUint32(0), bits.getUint32(4)], hash(name));
}

/** FNV-1a with 64 bits over the code points, which for ASCII are the bytes. */
export function hash(text: string): Words {
  let h = 0xcbf29ce484222325n;
  for (const letter of text) h = BigInt.asUintN(64, (h ^ BigInt(letter.codePointAt(0)!)) * 0x100000001b3n);
  return [Number(h >> 32n), Number(h & 0xffffffffn)];
}
