//===- VerifyImported.cpp - Contract of the import phase ------------------===//

#include "quantopt/Analysis/ConstantTensor.h"
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
             << ", and quantization needs static shapes; give the inputs' by "
                "input-shapes=, or export the model with fixed ones";
  return success();
}

static LogicalResult checkElements(Operation *op) {
  for (Type type :
       llvm::concat<const Type>(op->getOperandTypes(), op->getResultTypes())) {
    auto shaped = dyn_cast<ShapedType>(type);
    if (shaped && isa<FloatType>(shaped.getElementType()) &&
        !shaped.getElementType().isF32())
      return op->emitOpError("computes on ")
             << shaped.getElementType()
             << ", and quantization starts from f32; export the model in "
                "single precision";
  }
  return success();
}

/// Whether `op` is of the integer form, or of what becomes it: what
/// quantization writes, and nothing that a model comes with.
static bool isIntegerForm(Operation *op) {
  if (isa<RequantizeOp, LookupOp, QuantizeDynamicOp>(op))
    return true;
  // Import names what makes floats.
  return isa<QuantizeOp>(op) &&
         (op->hasAttr(QOptDialect::getNameAttrName()) ||
          llvm::any_of(op->getUsers(), [](Operation *user) {
            return !isa<DequantizeOp, func::ReturnOp>(user);
          }));
}

static bool isFloatTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && isa<FloatType>(tensor.getElementType());
}

namespace {
struct VerifyImported : qopt::impl::VerifyImportedBase<VerifyImported> {
  llvm::StringSet<> names;

  /// Checks `name` of what `emit` reports errors on.
  LogicalResult checkName(StringAttr name, bool isNeeded,
                          llvm::function_ref<InFlightDiagnostic()> emit) {
    if (!name)
      return isNeeded
                 ? LogicalResult(emit()
                                 << "has no name; run qopt-assign-names first")
                 : success();
    if (!names.insert(name.getValue()).second)
      return emit() << "has the name '" << name.getValue()
                    << "', which another operation has too; remove one "
                       "qopt.name";
    return success();
  }

  LogicalResult checkArguments(func::FuncOp func) {
    for (BlockArgument argument : func.getArguments()) {
      unsigned number = argument.getArgNumber();
      if (failed(checkName(
              func.getArgAttrOfType<StringAttr>(number,
                                                QOptDialect::getNameAttrName()),
              isFloatTensor(argument.getType()) && !argument.use_empty(),
              [&] { return func.emitOpError("argument ") << number << " "; })))
        return failure();
    }
    return success();
  }

  LogicalResult check(Operation *op) {
    if (isFrontendDialect(op->getName().getDialectNamespace()))
      return op->emitOpError("comes from a frontend's dialect; lower it to "
                             "linalg on tensors first (torch-mlir's "
                             "linalg-on-tensors backend, "
                             "stablehlo-legalize-to-linalg, tosa-to-linalg)");
    if (auto func = dyn_cast<func::FuncOp>(op); func && !func.isExternal()) {
      if (!func.getBody().hasOneBlock())
        return func.emitOpError(
            "has control flow between blocks, and quantization takes models of "
            "one block; export the model without branches");
      return checkArguments(func);
    }
    if (isIntegerForm(op))
      return op->emitOpError("is of the integer form: the model is quantized "
                             "already; give the float model that it was made "
                             "from");
    if (isa<ObserveOp, ObserveMeansOp>(op))
      return op->emitOpError(
          "is a hook of calibration: the model is past import already; give it "
          "from before qopt-insert-observers");
    if (failed(verifyConstant(op)))
      return failure();
    auto quantizable = dyn_cast<QuantizableOpInterface>(op);
    if (quantizable && failed(checkShapes(op)))
      return failure();
    if (quantizable && quantizable.getQuantRole() != QuantRole::None &&
        failed(checkElements(op)))
      return failure();
    if (auto call = dyn_cast<func::CallOp>(op))
      return op->emitOpError("calls '")
             << call.getCallee()
             << "', and quantization takes models of one function; inline it";
    return checkName(
        op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName()),
        quantizable && quantizable.getQuantRole() != QuantRole::None,
        [&] { return op->emitOpError(); });
  }

  void runOnOperation() override {
    names.clear();
    WalkResult result = getOperation()->walk<WalkOrder::PreOrder>(
        [&](Operation *op) -> WalkResult { return check(op); });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
