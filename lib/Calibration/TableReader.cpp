//===- TableReader.cpp - Reads the tables of a module ---------------------===//

#include "TableReader.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::qopt;

/// A type of several dimensions less the size of the first one: a model at
/// another batch size is the same model.
static StringRef dropBatch(StringRef type) {
  StringRef rest = type;
  if (!rest.consume_front("tensor<"))
    return type;
  rest = rest.drop_while(llvm::isDigit);
  const bool hasMore = rest.size() > 1 && llvm::isDigit(rest[1]);
  return hasMore ? rest : type;
}

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
            dropBatch(own->second) == dropBatch(record.type))
          return llvm::Error::success();
        return llvm::createStringError(
            "'" + id + "' is " + record.type + " in the table and " +
            own->second +
            " in the model: the table was made for another model; give the "
            "one that belongs to it, or calibrate this model");
      });
}
