//===- EmbeddingTable.cpp - Constants whose rows the data choose ----------===//

#include "quantopt/Analysis/EmbeddingTable.h"
#include "quantopt/Analysis/ConstantTensor.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using namespace mlir::qopt;

/// Whether `index` is computed from arguments of `body`.
static bool dependsOnData(Value index, Block *body) {
  SmallVector<Value> worklist = {index};
  llvm::SmallPtrSet<Value, 8> seen;
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    if (!seen.insert(value).second)
      continue;
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      if (argument.getOwner() == body)
        return true;
      continue;
    }
    Operation *op = value.getDefiningOp();
    if (op->getBlock() != body)
      continue;
    // What another load reads is data, too.
    if (isa<tensor::ExtractOp>(op) || op->getNumRegions() > 0)
      return true;
    llvm::append_range(worklist, op->getOperands());
  }
  return false;
}

static std::optional<EmbeddingRead> match(tensor::ExtractOp load, Block *body) {
  auto type = dyn_cast<RankedTensorType>(load.getTensor().getType());
  if (load->getBlock() != body || !type || !type.hasStaticShape() ||
      !type.getElementType().isF32())
    return std::nullopt;
  int64_t rowDims = 0;
  for (auto [dim, index] : llvm::enumerate(load.getIndices())) {
    if (!dependsOnData(index, body))
      continue;
    if (int64_t(dim) != rowDims)
      return std::nullopt;
    ++rowDims;
  }
  int64_t row = 1;
  for (int64_t size : type.getShape().drop_front(rowDims))
    row *= size;
  if (rowDims == 0 || row < EmbeddingRead::kLeastRow)
    return std::nullopt;
  std::optional<ConstantTensor> table = getConstantTensor(load.getTensor());
  if (!table || !table->map.isIdentity() || table->values.isSplat())
    return std::nullopt;
  return EmbeddingRead{load, rowDims};
}

SmallVector<EmbeddingRead> mlir::qopt::findEmbeddingReads(Operation *op) {
  SmallVector<EmbeddingRead> reads;
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic)
    return reads;
  for (auto load : generic.getBody()->getOps<tensor::ExtractOp>())
    if (std::optional<EmbeddingRead> read = match(load, generic.getBody()))
      reads.push_back(*read);
  return reads;
}
