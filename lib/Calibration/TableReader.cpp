//===- TableReader.cpp - Reads the tables of a module ---------------------===//

#include "TableReader.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"

using namespace mlir;
using namespace mlir::qopt;

TableReader::TableReader(ModuleOp module) {
  module.walk([&](ObserveOp op) { types[op.getId()] = op.getTableType(); });
}

llvm::Expected<quantopt::CalibrationTable>
TableReader::load(StringRef path) const {
  return quantopt::CalibrationTable::load(
      path,
      [&](StringRef id,
          const quantopt::CalibrationRecord &record) -> llvm::Error {
        const auto own = types.find(id);
        if (record.type.empty() || own == types.end() ||
            own->second == record.type)
          return llvm::Error::success();
        return llvm::createStringError(
            "'" + id + "' is " + record.type + " in the table and " +
            own->second +
            " in the model: the table was made for another model; give the "
            "one that belongs to it, or calibrate this model");
      });
}
