// What the kernels' module exports.
export { bitsDivergence, bitsLoss } from "./bits";
export { labelLoss, softmaxDivergence, softmaxLoss } from "./classes";
export { convolution, convolutionBytes, inputGradient } from "./convolution";
export { activationGradients, addBiasAndActivate } from "./dense";
export { filterGradient } from "./filter_gradient";
export { kronecker, kroneckerBytes, kroneckerGradients } from "./kronecker";
export { mapExp, mapSigmoid, mapSoftplus, mapTanh } from "./maps";
export { paritySigns } from "./parity";
export { maxPoolGradient } from "./pooling";
export { product, productBytes } from "./product";
export { addRow } from "./rows";
export { segmentSum } from "./segments";
export { dot, squaredDistance, sumColumns, sumRows } from "./sums";
export { drawLines, drawSigns, drawUniform } from "./threefry";
export { winograd, winogradBytes, winogradInputGradient } from "./winograd";
export { winogradFilterGradient } from "./winograd_gradient";
