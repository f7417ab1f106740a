/**
 * Images to train on where there are no photographs.
 * @module
 */
import { images } from "../data/image_data.ts";
import { random } from "../runtime/random.ts";
import { cifar10 } from "../tasks/cifar.ts";
import type { Task } from "../tasks/task.ts";

const COUNT = 2048, SIZE = { height: 32, width: 32, channels: 3 };

/** The task cifar10 with random bytes in place of its photographs, which have to be downloaded: kernels compute as much for them. */
export const randomImages: Task = {
  ...cifar10,
  load: () => {
    const chance = random(0, "images"), { height, width, channels } = SIZE;
    const pixels = Uint8Array.from({ length: COUNT * height * width * channels }, () => chance.integer(256));
    const labels = Uint8Array.from({ length: COUNT }, () => chance.integer(10));
    return Promise.resolve({ train: images({ pixels, labels, ...SIZE }), source: `${COUNT} images of random bytes` });
  },
};
