//===- FixInputShapes.cpp - Sizes for inputs of dynamic shape -------------===//

#include "quantopt/Import/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/SymbolTable.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_FIXINPUTSHAPES
#include "quantopt/Import/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;

// Errors stand at a location: those of a function print all of it.

/// "1x3x8x8" as sizes; nothing where that is not what `text` is.
static std::optional<SmallVector<int64_t>> parseShape(StringRef text) {
  SmallVector<int64_t> shape;
  SmallVector<StringRef> sizes;
  text.split(sizes, 'x');
  for (StringRef size : sizes) {
    int64_t value = 0;
    if (size.trim().getAsInteger(10, value) || value < 1)
      return std::nullopt;
    shape.push_back(value);
  }
  return shape;
}

/// The type of an input where nothing says more: one sample at a time.
static RankedTensorType takeOneSample(RankedTensorType type) {
  if (type.getRank() == 0 || !type.isDynamicDim(0))
    return type;
  SmallVector<int64_t> shape(type.getShape());
  shape.front() = 1;
  return type.clone(shape);
}

static bool fits(ArrayRef<int64_t> shape, RankedTensorType type) {
  return llvm::equal(type.getShape(), shape, [](int64_t known, int64_t size) {
    return ShapedType::isDynamic(known) || known == size;
  });
}

namespace {
struct FixInputShapes : qopt::impl::FixInputShapesBase<FixInputShapes> {
  using FixInputShapesBase::FixInputShapesBase;

  void runOnOperation() override {
    SmallVector<func::FuncOp> models;
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func.isExternal() && func.isPublic() &&
          SymbolTable::symbolKnownUseEmpty(func, getOperation()))
        models.push_back(func);
    if (!shapes.empty() && models.size() != 1) {
      emitError(getOperation().getLoc())
          << "input-shapes is for the inputs of one model, and the module has "
          << models.size() << " public functions; choose one by entry=NAME";
      return signalPassFailure();
    }
    for (func::FuncOp func : models)
      if (failed(fix(func)))
        return signalPassFailure();
  }

  /// The shapes of `input-shapes`, one for each input of `func`.
  FailureOr<SmallVector<RankedTensorType>> readShapes(func::FuncOp func) {
    SmallVector<StringRef> texts;
    StringRef(shapes).split(texts, ',');
    if (texts.size() != func.getNumArguments())
      return emitError(func.getLoc())
             << "input-shapes has " << texts.size() << " shapes, and '"
             << func.getName() << "' has " << func.getNumArguments()
             << " inputs";
    SmallVector<RankedTensorType> types;
    for (auto [number, text] : llvm::enumerate(texts)) {
      auto type =
          dyn_cast<RankedTensorType>(func.getArgument(number).getType());
      text = text.trim();
      if (text.empty()) {
        types.push_back(type);
        continue;
      }
      std::optional<SmallVector<int64_t>> shape = parseShape(text);
      if (!shape)
        return emitError(func.getLoc()) << "input-shapes: '" << text
                                        << "' is no shape such as 1x3x224x224";
      if (!type || !fits(*shape, type))
        return emitError(func.getLoc())
               << "input-shapes: " << text << " does not fit input " << number
               << ", a " << func.getArgument(number).getType();
      types.push_back(type.clone(*shape));
    }
    return types;
  }

  LogicalResult fix(func::FuncOp func) {
    SmallVector<RankedTensorType> types;
    if (!shapes.empty()) {
      FailureOr<SmallVector<RankedTensorType>> given = readShapes(func);
      if (failed(given))
        return failure();
      types = std::move(*given);
    } else {
      for (Type type : func.getArgumentTypes()) {
        auto tensor = dyn_cast<RankedTensorType>(type);
        types.push_back(tensor ? takeOneSample(tensor) : tensor);
      }
    }
    auto builder = OpBuilder::atBlockBegin(&func.front());
    bool changes = false;
    for (auto [argument, type] : llvm::zip_equal(func.getArguments(), types)) {
      if (!type || type == argument.getType())
        continue;
      changes = true;
      auto cast = tensor::CastOp::create(builder, argument.getLoc(),
                                         argument.getType(), argument);
      argument.replaceAllUsesExcept(cast.getResult(), cast);
      argument.setType(type);
    }
    if (!changes)
      return success();
    if (shapes.empty())
      emitRemark(func.getLoc(), "'")
          << func.getName()
          << "' takes one sample at a time: the first dimension of its inputs, "
             "which is dynamic, becomes 1; input-shapes= gives other sizes";
    func.setType(FunctionType::get(func.getContext(),
                                   func.front().getArgumentTypes(),
                                   func.getResultTypes()));
    return success();
  }
};
} // namespace
