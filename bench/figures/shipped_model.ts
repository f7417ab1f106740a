/**
 * What ours and tfjs as shipped both train.
 * @module
 */

/** Width of the hidden layer. */
export const HIDDEN = 1000;
/** η. */
export const RATE = 0.02;
