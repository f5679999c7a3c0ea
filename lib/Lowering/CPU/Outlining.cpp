//===- Outlining.cpp - Code that moves into a function of its own ---------===//

#include "Outlining.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace mlir::qopt;

bool mlir::qopt::isRepeatable(Operation *op) {
  if (op->getNumRegions() > 0)
    return false;
  return op->hasTrait<OpTrait::ConstantLike>() ||
         isa<memref::GetGlobalOp, memref::ExtractStridedMetadataOp,
             ViewLikeOpInterface>(op) ||
         (isPure(op) &&
          llvm::all_of(op->getResultTypes(), llvm::IsaPred<IndexType>));
}

void OutsideValues::add(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !isRepeatable(op)) {
    handed.insert(value);
    return;
  }
  if (repeated.contains(op))
    return;
  for (Value operand : op->getOperands())
    add(operand);
  repeated.insert(op);
}

func::FuncOp mlir::qopt::createOutlined(SymbolTable &symbols,
                                        func::FuncOp parent, StringRef suffix,
                                        Location loc, FunctionType type) {
  OpBuilder builder(parent.getContext());
  auto function = func::FuncOp::create(builder, loc,
                                       (parent.getName() + suffix).str(), type);
  function.setPrivate();
  function->setAttr(
      "llvm.linkage",
      LLVM::LinkageAttr::get(parent.getContext(), LLVM::Linkage::Internal));
  symbols.insert(function, std::next(Block::iterator(parent)));
  return function;
}
