//===- DumpPhase.h - Writes the module after a phase ------------*- C++ -*-===//

#ifndef QUANTOPT_LIB_PIPELINES_DUMPPHASE_H
#define QUANTOPT_LIB_PIPELINES_DUMPPHASE_H

#include "mlir/Pass/Pass.h"
#include "quantopt/Pipelines/Phase.h"

namespace mlir::qopt {

/// Writes the module to the file of `phase` in `folder`, which is made if need
/// be. Changes nothing; fails where it cannot write.
std::unique_ptr<Pass> createDumpPhase(Phase phase, StringRef folder);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_PIPELINES_DUMPPHASE_H
