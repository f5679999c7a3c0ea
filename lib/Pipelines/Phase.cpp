//===- Phase.cpp - The phases, in order -----------------------------------===//

#include "quantopt/Pipelines/Phase.h"

using namespace mlir;
using namespace mlir::qopt;

static constexpr PhaseInfo kPhases[] = {
    {Phase::Import, "import", "1.imported.mlir",
     "float linalg on tensors in one spelling, static shapes, every value "
     "named"},
    {Phase::Calibrate, "calibrate", "2.calibrated.mlir",
     "every activation passes through an observer that holds its parameters"},
    {Phase::Quantize, "quantize", "3.quantized.mlir",
     "integer form: contractions on storage; what is left in float is "
     "explained"},
    {Phase::Lower, "lower", "4.lowered.mlir",
     "LLVM dialect over bare pointers, intermediate values in one arena"},
};

ArrayRef<PhaseInfo> mlir::qopt::getPhases() { return kPhases; }

const PhaseInfo &mlir::qopt::getPhaseInfo(Phase phase) {
  return kPhases[static_cast<unsigned>(phase)];
}

std::optional<Phase> mlir::qopt::getPhase(StringRef name) {
  for (const PhaseInfo &info : kPhases)
    if (info.name == name)
      return info.phase;
  return std::nullopt;
}
