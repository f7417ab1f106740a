/**
 * The files of CIFAR-10 and CIFAR-100 as their publisher has them: records of labels and then all red, all green and all blue bytes of
 * 32 × 32 pixels (https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version").
 * @module
 */

/** How many pixels an image has, and how many bytes. */
export const CIFAR_SIDE = 32, CIFAR_BYTES = 3 * CIFAR_SIDE * CIFAR_SIDE;

/** One of the two data sets. */
export interface CifarFiles {
  /** Its name for people. */
  readonly title: string;
  /** The archive that it is published as. */
  readonly archive: string;
  /** The archive's files with images to train on. */
  readonly train: readonly string[];
  /** The archive's files with images to test on. */
  readonly test: readonly string[];
  /** How many labels a record begins with. The last of them is the class. */
  readonly labels: number;
  /** How many classes there are. */
  readonly classes: number;
}

/** Which of them, as the command line knows them. */
export type CifarName = "cifar10" | "cifar100";

/** The data sets by their names. */
export const CIFAR: Readonly<Record<CifarName, CifarFiles>> = {
  cifar10: {
    title: "CIFAR-10",
    archive: "cifar-10-binary.tar.gz",
    train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`),
    test: ["test_batch.bin"],
    labels: 1,
    classes: 10,
  },
  cifar100: {
    title: "CIFAR-100",
    archive: "cifar-100-binary.tar.gz",
    train: ["train.bin"],
    test: ["test.bin"],
    labels: 2, // one of 20 groups of classes, then one of the 100 classes
    classes: 100,
  },
};
