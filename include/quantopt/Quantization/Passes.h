//===- Passes.h - Passes of the quantization phase --------------*- C++ -*-===//

#ifndef QUANTOPT_QUANTIZATION_PASSES_H
#define QUANTOPT_QUANTIZATION_PASSES_H

#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace quantopt {
class Config;
} // namespace quantopt

namespace mlir::qopt {
#define GEN_PASS_DECL
#include "quantopt/Quantization/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "quantopt/Quantization/Passes.h.inc"

/// What `config` asks of qopt-quantize-weights.
QuantizeWeightsOptions getWeightOptions(const quantopt::Config &config);

/// What `config` asks of qopt-store-embeddings.
StoreEmbeddingsOptions getEmbeddingOptions(const quantopt::Config &config);

/// What `config` asks of qopt-propagate-params.
PropagateParamsOptions getPropagateOptions(const quantopt::Config &config);

/// Adds the passes that decide on parameters, to a pass manager of functions:
/// afterwards `qopt.observe` and the dequantized weights have all of them, and
/// nothing else has changed.
void addDecidingPasses(OpPassManager &pm, const QuantizeWeightsOptions &weights,
                       const PropagateParamsOptions &propagate);
} // namespace mlir::qopt

#endif // QUANTOPT_QUANTIZATION_PASSES_H
