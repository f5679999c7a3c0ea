//===- Phase.h - The phases, in order ---------------------------*- C++ -*-===//
//
// The one list that drives --compile-to, --dump-phases, help texts and docs.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_PIPELINES_PHASE_H
#define QUANTOPT_PIPELINES_PHASE_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <optional>

namespace mlir::qopt {

enum class Phase { Import, Calibrate, Quantize, Lower };

struct PhaseInfo {
  Phase phase;
  /// The value of --compile-to.
  llvm::StringLiteral name;
  /// The file that --dump-phases writes when the phase has ended.
  llvm::StringLiteral file;
  /// What holds when the phase has ended.
  llvm::StringLiteral contract;
};

/// All phases in order.
ArrayRef<PhaseInfo> getPhases();

const PhaseInfo &getPhaseInfo(Phase phase);

/// The phase of that name.
std::optional<Phase> getPhase(StringRef name);

} // namespace mlir::qopt

#endif // QUANTOPT_PIPELINES_PHASE_H
