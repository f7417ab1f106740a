/**
 * The tasks of regression on tables of the UCI Machine Learning Repository.
 * @module
 */
import { gaussian } from "../proximal/output.ts";
import { mlp } from "../models/networks/networks.ts";
import { inputsOf, PARKINSONS, PROTEIN, SLICE, type UciSource } from "../data/uci_sources.ts";
import { rootMeanSquaredError } from "../training/metrics.ts";
import type { TaskData } from "../data/dataset.ts";
import { downloaded } from "./download.ts";
import { type ChoiceOf, modelEntry, type Task, type TaskDefaults } from "./task.ts";

const MLP: ChoiceOf<"hidden" | "activation"> = { hidden: [50], activation: "relu" };

const DEFAULTS: TaskDefaults = {
  optimizer: "apo-adam",
  steps: 3000,
  batchSize: 128,
  learningRates: { sgd: 0.1, momentum: 0.02, rmsprop: 0.002, adam: 0.005 },
};

/** The RMSD of decoys of protein structures, in Å, from 9 properties: `deno task data protein`. */
export const uciProtein: Task = uci(PROTEIN, "predict how far protein structures are from the native one");

/**
 * The total UPDRS score of people with Parkinson's disease, from 19 numbers about them and their voice: `deno task data parkinsons`.
 * The subject's number and the motor score (a part of the total one) are left out; benchmarks that count 20 inputs have the number in.
 * Recordings of one person are on both sides of the random split: the error on a new person would be larger.
 */
export const uciParkinsons: Task = uci(PARKINSONS, "predict a score of Parkinson's disease from voice");

/**
 * Where CT slices lie on the body's axis, from 384 numbers: `deno task data slice`. The patient's number is left out; benchmarks
 * that count 385 inputs have it in. Slices of one patient are on both sides of the random split, as usual in the literature: the
 * error on a new patient would be larger.
 */
export const uciSlice: Task = uci(SLICE, "predict where CT slices lie on the body's axis");

/** A table's task: inputs and target standardized, one hidden layer of 50 units (our choice) and half the squared error. */
function uci(source: UciSource, description: string): Task {
  const inputs = inputsOf(source), name = `uci-${source.name}`;
  return {
    name,
    description,
    models: { mlp: modelEntry(MLP, ({ hidden, activation }) => mlp([inputs, ...hidden, 1], { activation })) },
    output: gaussian(),
    metrics: { rmse: rootMeanSquaredError },
    readsFolder: true,
    download: source.name,
    load: async (folder) => await load(source, downloaded({ name, download: source.name }, folder)),
    defaults: DEFAULTS,
  };
}

async function load(source: UciSource, folder: string): Promise<TaskData> {
  const { readUciTable } = await import("../data/uci_table.ts");
  const { regression } = await import("../data/regression.ts");
  const table = await readUciTable(source, folder), { columns, rows } = table;
  const target = columns.findIndex((name) => source.target.includes(name));
  const inputs = columns.keys().filter((column) => column !== target && !source.leftOut.includes(columns[column]));
  const { train, test } = regression(table, { target, inputs: [...inputs] });
  const count = (n: number) => n.toLocaleString("en"), all = rows === source.rows ? "" : ` of ${count(source.rows)}`;
  return {
    train,
    test,
    source: `${source.name}, ${count(rows)}${all} rows: ${count(train.size)} to train on, ${
      count(test.size)
    } to test on`,
  };
}
