// What the kernels' module exports.
export { batchNormBytes, moments, normalize } from "./batch_norm";
export { batchNormGradient } from "./batch_norm_gradient";
export { bitsDivergence, bitsLoss } from "./bits";
export { labelLoss, softmaxDivergence, softmaxLoss } from "./classes";
export { convolution, convolutionBytes, inputGradient } from "./convolution";
export { activationGradients, addBiasAndActivate } from "./dense";
export { filterGradient } from "./filter_gradient";
export { kronecker, kroneckerBytes, kroneckerGradients } from "./kronecker";
export { mapExp, mapSigmoid, mapSoftplus, mapTanh } from "./maps";
export { paritySigns } from "./parity";
export { averagePoolGradient, maxPoolGradient } from "./pooling";
export { product, productBytes } from "./product";
export { addRow, copyRuns } from "./rows";
export { segmentSum } from "./segments";
export { dot, squaredDistance, sumColumns, sumMiddle, sumRows } from "./sums";
export { drawLines, drawSigns, drawUniform } from "./threefry";
export { winograd, winogradBytes, winogradInputGradient } from "./winograd";
export { winogradFilterGradient } from "./winograd_gradient";
