/**
 * Tables of the UCI Machine Learning Repository: what their publishers call the files, and what is in them.
 * @module
 */

/** A published table, and the regression problem that it makes. */
export interface UciSource {
  /** Of `deno task data`. */
  readonly name: string;
  /** Its page, https://archive.ics.uci.edu/dataset/ID. */
  readonly id: number;
  /** The zip archive, as the repository sends it. */
  readonly archive: string;
  /** The names that the table has in the archive (the first), and beside it once it was unpacked. */
  readonly files: readonly string[];
  /** How many rows the publisher's file has. */
  readonly rows: number;
  /** How many columns. */
  readonly columns: number;
  /** What is to be predicted: the column with one of these names. */
  readonly target: readonly string[];
  /** Columns that are no inputs. */
  readonly leftOut: readonly string[];
}

/** How many inputs there are. */
export const inputsOf = ({ columns, leftOut }: UciSource): number => columns - leftOut.length - 1;

/** RMSD of 45,730 decoys of protein structures from 9 physicochemical properties (Rana 2013). */
export const PROTEIN: UciSource = {
  name: "protein",
  id: 265,
  archive: "physicochemical+properties+of+protein+tertiary+structure.zip",
  files: ["CASP.csv", "protein_CASP.csv"],
  rows: 45_730,
  columns: 10,
  target: ["RMSD", "y"],
  leftOut: [],
};

/**
 * The total UPDRS score of 42 people with Parkinson's disease, from age, sex, time and 16 measures of 5,875 voice recordings
 * (Tsanas & Little 2009). The motor score is a part of the total one, and the subject's number is a name.
 */
export const PARKINSONS: UciSource = {
  name: "parkinsons",
  id: 189,
  archive: "parkinsons+telemonitoring.zip",
  files: ["parkinsons_updrs.data", "parkinsons_updrs.csv"],
  rows: 5_875,
  columns: 22,
  target: ["total_UPDRS"],
  leftOut: ["subject#", "motor_UPDRS"],
};

/** Where on the body's axis each of 53,500 CT slices of 74 patients lies, from 384 numbers (Graf et al. 2011). */
export const SLICE: UciSource = {
  name: "slice",
  id: 206,
  archive: "relative+location+of+ct+slices+on+axial+axis.zip",
  files: ["slice_localization_data.csv", "slice_first_rows.csv"],
  rows: 53_500,
  columns: 386,
  target: ["reference"],
  leftOut: ["patientId"],
};
