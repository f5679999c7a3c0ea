//===- Passes.h - Passes of the quantization phase --------------*- C++ -*-===//

#ifndef QUANTOPT_QUANTIZATION_PASSES_H
#define QUANTOPT_QUANTIZATION_PASSES_H

#include "mlir/Pass/Pass.h"

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
} // namespace mlir::qopt

#endif // QUANTOPT_QUANTIZATION_PASSES_H
