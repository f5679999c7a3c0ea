//===- WriteReport.h - The report of the quantize pipeline ------*- C++ -*-===//
//
// A report tells of all phases: these passes stand between them and hand on, in
// memory, what is gone at the end.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_PIPELINES_WRITEREPORT_H
#define QUANTOPT_LIB_PIPELINES_WRITEREPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/Pass.h"
#include "quantopt/Pipelines/Pipelines.h"
#include "quantopt/Support/CalibrationTable.h"

namespace mlir::qopt {

/// What one run of the pipeline keeps for its report.
struct ReportInputs {
  /// The imported float model.
  OwningOpRef<ModuleOp> real;
  /// What the observers saw.
  std::shared_ptr<quantopt::CalibrationTable> table =
      std::make_shared<quantopt::CalibrationTable>();
};

/// Before anything runs: fails where the report could not be written at the
/// end, or where there is none and something was asked of it.
std::unique_ptr<Pass> createCheckReport(const QuantizeOptions &options);

/// After import: keeps a copy of the module. Fails where the report is to
/// measure a module that has no entry, before anything is written.
std::unique_ptr<Pass> createKeepFloatModel(std::shared_ptr<ReportInputs> kept,
                                           const QuantizeOptions &options);

/// At the end, where qopt-record-explanation left its notes: measures and
/// writes. Changes nothing, but for removing the notes where nobody else reads
/// them.
std::unique_ptr<Pass> createWriteReport(std::shared_ptr<ReportInputs> kept,
                                        const QuantizeOptions &options);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_PIPELINES_WRITEREPORT_H
