/**
 * Condition numbers, for logs.
 * @module
 */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { random } from "../../runtime/random.ts";

const LANCZOS_STEPS = 32;

/**
 * σ_max / σ_min of a square matrix given row by row, by Lanczos iteration on MᵀM with full reorthogonalization (Golub & Van
 * Loan, 10.1): exact up to 32 rows and a lower bound for more. 32 products with M and Mᵀ, so cheap enough to watch.
 */
export function conditionNumber(values: ArrayLike<number>, n: number): number {
  const basis: Float64Array[] = [], diagonal: number[] = [], offDiagonal: number[] = [];
  const start = random(n, "condition");
  let vector = normalized(Float64Array.from({ length: n }, () => start.normal()));
  while (basis.length < Math.min(n, LANCZOS_STEPS)) {
    basis.push(vector);
    const next = gramProduct(values, vector);
    diagonal.push(dot(next, vector));
    for (let pass = 0; pass < 2; pass++) { // twice is enough (Kahan)
      for (const earlier of basis) subtract(next, earlier, dot(next, earlier));
    }
    const rest = Math.sqrt(dot(next, next));
    if (rest <= 1e-12 * Math.max(...diagonal)) break; // an invariant subspace: every eigenvalue that the start reaches is found
    offDiagonal.push(rest);
    vector = normalized(next);
  }
  const tridiagonal = Matrix.zeros(diagonal.length, diagonal.length);
  diagonal.forEach((value, i) => tridiagonal.set(i, i, value));
  for (let i = 0; i + 1 < diagonal.length; i++) {
    tridiagonal.set(i, i + 1, offDiagonal[i]);
    tridiagonal.set(i + 1, i, offDiagonal[i]);
  }
  const eigenvalues = new EigenvalueDecomposition(tridiagonal, { assumeSymmetric: true }).realEigenvalues;
  return Math.sqrt(Math.max(...eigenvalues) / Math.max(0, Math.min(...eigenvalues)));
}

/** Mᵀ(M x). */
function gramProduct(values: ArrayLike<number>, x: Float64Array): Float64Array {
  const n = x.length, result = new Float64Array(n);
  for (let row = 0; row < n; row++) {
    let product = 0;
    for (let column = 0; column < n; column++) product += values[row * n + column] * x[column];
    for (let column = 0; column < n; column++) result[column] += values[row * n + column] * product;
  }
  return result;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function subtract(from: Float64Array, vector: Float64Array, times: number): void {
  for (let i = 0; i < from.length; i++) from[i] -= times * vector[i];
}

function normalized(vector: Float64Array): Float64Array {
  const norm = Math.sqrt(dot(vector, vector));
  return vector.map((x) => x / norm);
}
