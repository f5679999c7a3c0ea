//===- TableReader.h - Reads the tables of a module -------------*- C++ -*-===//

#ifndef QUANTOPT_LIB_CALIBRATION_TABLEREADER_H
#define QUANTOPT_LIB_CALIBRATION_TABLEREADER_H

#include "mlir/IR/BuiltinOps.h"
#include "quantopt/Support/CalibrationTable.h"

#include "llvm/ADT/StringMap.h"

namespace mlir::qopt {

/// Reads calibration tables and refuses those of other models.
class TableReader {
public:
  explicit TableReader(ModuleOp module);

  /// Reads a file. An error, at its line and column, where it names another
  /// type for a value than the module has, be it at another batch size;
  /// entries without a type pass.
  llvm::Expected<quantopt::CalibrationTable> load(StringRef path) const;

private:
  /// Of the observed values, by their ids.
  llvm::StringMap<std::string> types;
};

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_CALIBRATION_TABLEREADER_H
