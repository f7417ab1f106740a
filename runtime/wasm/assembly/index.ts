// What the kernels' module exports.
export { convolutionBytes, filterGradient, inputGradient } from "./convolution";
export { kronecker, kroneckerBytes, kroneckerGradients } from "./kronecker";
export { bitsDivergence, bitsLoss, labelLoss, softmaxDivergence, softmaxLoss } from "./likelihood";
export { mapExp, mapSigmoid, mapSoftplus, mapTanh } from "./maps";
export { maxPoolGradient } from "./pooling";
export { product, productBytes } from "./product";
export { segmentSum } from "./segments";
export { sumColumns, sumRows } from "./sums";
