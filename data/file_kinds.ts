/**
 * The kinds of files that data sets are published as.
 * @module
 */
import type { PairCounts } from "./text/iwslt14.ts";
import type { UciSource } from "./uci_sources.ts";

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

/** A gzipped tar archive with texts in two languages: no checksum of it is known, so that its pairs are counted. */
export interface TextArchive {
  /** Its name. */
  readonly name: string;
  /** How many pairs there must be, at least and at most. */
  readonly pairs: PairCounts;
}

/** A gzipped tar archive, which is unpacked. */
export interface TarArchive {
  /** Its name. */
  readonly name: string;
  /** SHA-256 of the archive, in hexadecimal. */
  readonly sha256: string;
  /** The files in it that are wanted, in whichever folder of it they lie. */
  readonly holds: readonly HeldFile[];
}

/** A file that comes in an archive. */
export interface HeldFile {
  /** Its name. */
  readonly name: string;
  /** Its size. */
  readonly bytes: number;
  /** Its SHA-256 in hexadecimal, where it is known. */
  readonly sha256?: string;
}

/** One file of a data set. */
export type PublishedFile = GzipFile | TableArchive | TextArchive | TarArchive;
