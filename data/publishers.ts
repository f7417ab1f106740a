/**
 * Where the data sets that `deno task data` downloads are published.
 * @module
 */
import { PARKINSONS, PROTEIN, SLICE, type UciSource } from "./uci_sources.ts";

/** A file that every host sends gzipped. */
export interface GzipFile {
  /** Its name without `.gz`. */
  readonly name: string;
  /** SHA-256 of the unpacked file, in hexadecimal: gzip headers differ between hosts, the content does not. */
  readonly sha256: string;
}

/** A zip archive with a table, which must have the published columns and rows: no checksum of it is known. */
export interface TableArchive {
  /** Its name. */
  readonly name: string;
  /** What must be in it. */
  readonly table: UciSource;
}

/** One file of a data set. */
export type PublishedFile = GzipFile | TableArchive;

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
}

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
};

/** A table of the UCI Machine Learning Repository, the only host that sends the archive. */
function uci(table: UciSource, title: string): Publisher {
  const hosts = [`https://archive.ics.uci.edu/static/public/${table.id}/`];
  return { task: `uci-${table.name}`, title, hosts, files: [{ name: table.archive, table }] };
}
