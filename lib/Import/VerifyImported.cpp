//===- VerifyImported.cpp - Contract of the import phase ------------------===//

#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Import/Passes.h"
#include "quantopt/Interfaces/QuantizableOpInterface.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_VERIFYIMPORTED
#include "quantopt/Import/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

/// Dialects of frontends, which have to be lowered before they come here.
static bool isFrontendDialect(StringRef dialect) {
  return llvm::is_contained({"torch", "stablehlo", "mhlo", "chlo", "tosa",
                             "onnx", "tfl", "tf", "krnl"},
                            dialect);
}

static LogicalResult checkShapes(Operation *op) {
  auto isDynamic = [](Type type) {
    auto shaped = dyn_cast<ShapedType>(type);
    return shaped && isa<FloatType>(shaped.getElementType()) &&
           !shaped.hasStaticShape();
  };
  for (Type type :
       llvm::concat<const Type>(op->getOperandTypes(), op->getResultTypes()))
    if (isDynamic(type))
      return op->emitOpError("has the dynamic shape ")
             << type
             << ", and quantization needs static shapes; export the model with "
                "fixed input shapes";
  return success();
}

namespace {
struct VerifyImported : qopt::impl::VerifyImportedBase<VerifyImported> {
  void runOnOperation() override {
    llvm::StringSet<> names;
    WalkResult result = getOperation()->walk([&](Operation *op) -> WalkResult {
      if (isFrontendDialect(op->getName().getDialectNamespace()))
        return op->emitOpError("comes from a frontend's dialect; lower it to "
                               "linalg on tensors first (torch-mlir's "
                               "linalg-on-tensors backend, "
                               "stablehlo-legalize-to-linalg, tosa-to-linalg)");
      if (isa<QuantizableOpInterface>(op))
        if (failed(checkShapes(op)))
          return WalkResult::interrupt();
      if (auto name =
              op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName()))
        if (!names.insert(name.getValue()).second)
          return op->emitOpError("has the name '")
                 << name.getValue()
                 << "', which another operation has too; remove one qopt.name";
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
