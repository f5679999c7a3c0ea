//===- Globals.cpp - Constant data made by kernels ------------------------===//

#include "Globals.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace mlir::qopt;

Value mlir::qopt::emitConstantData(OpBuilder &builder, Location loc,
                                   StringRef name, Type element,
                                   AsmResourceBlob bytes) {
  auto module =
      builder.getInsertionBlock()->getParentOp()->getParentOfType<ModuleOp>();
  int64_t count =
      bytes.getData().size() / (element.getIntOrFloatBitWidth() / 8);
  auto tensor = RankedTensorType::get({count}, element);
  auto memref = MemRefType::get({count}, element);
  auto resource =
      DenseResourceElementsAttr::get(tensor, name, std::move(bytes));
  // Made outside of the module, so that the symbol table can name it.
  OpBuilder detached(builder.getContext());
  auto global = memref::GlobalOp::create(
      detached, loc, name, builder.getStringAttr("private"), memref, resource,
      /*constant=*/true, builder.getI64IntegerAttr(64));
  SymbolTable(module).insert(global, module.getBody()->begin());
  return memref::GetGlobalOp::create(builder, loc, memref, global.getSymName());
}

Value mlir::qopt::emitConstantData(OpBuilder &builder, Location loc,
                                   StringRef name, Type element,
                                   ArrayRef<char> bytes) {
  return emitConstantData(
      builder, loc, name, element,
      HeapAsmResourceBlob::allocateAndCopyWithAlign(bytes, /*align=*/64));
}
