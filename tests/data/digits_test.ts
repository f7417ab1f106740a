import { assertEquals } from "@std/assert";
import { digits } from "../../data/digits.ts";

const sha256 = async (bytes: Uint8Array) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>)).toHex();

Deno.test("digits: the first 10,000 training images of MNIST, byte for byte, sorted by class", async () => {
  const images = await digits();
  assertEquals([images.height, images.width, images.classes], [28, 28, 10]);
  const counts = Array.from({ length: 10 }, (_, label) => images.labels.filter((x) => x === label).length);
  assertEquals(counts, [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
  assertEquals(images.labels, images.labels.toSorted());
  assertEquals(images.pixels.length, 10_000 * 784);
  // The checksum of those of the publisher's training images, which were compared with the package pixel by pixel.
  assertEquals(await sha256(images.pixels), "0768d16c5adea568dee18fa5e4e1acb117e9ec2c5d6b1dffe5fc29c1e61c1eca");
});
