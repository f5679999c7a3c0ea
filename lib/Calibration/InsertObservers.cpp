//===- InsertObservers.cpp - Insert the hooks of calibration --------------===//

#include "Schemes.h"
#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Calibration/Passes.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Interfaces/QuantizableOpInterface.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/MapVector.h"

#include <cfloat>
#include <cmath>

namespace mlir::qopt {
#define GEN_PASS_DEF_INSERTOBSERVERS
#include "quantopt/Calibration/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

static bool isFloatTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && isa<FloatType>(tensor.getElementType());
}

/// Whether all that reads `value` rounds it by parameters of its own.
static bool isPinned(Value value) {
  return !value.use_empty() &&
         llvm::all_of(value.getUsers(), llvm::IsaPred<FakeQuantOp>);
}

/// Whether `user` is a maximum or minimum that begins beyond `value`: where
/// that is cut off at the end of a range, what it begins with is, too.
static bool isExtremumBeyond(Operation *user, double value) {
  auto op = dyn_cast<linalg::LinalgOp>(user);
  auto quantizable = dyn_cast<QuantizableOpInterface>(user);
  if (!op || !quantizable ||
      quantizable.getQuantRole() != QuantRole::SameScale ||
      op.getNumReductionLoops() == 0)
    return false;
  std::optional<double> first = getSplatConstant(op.getDpsInits()[0]);
  return first && (*first < 0) == (value < 0) &&
         std::fabs(value) <= std::fabs(*first);
}

/// Whether `op` puts values of its own beside those that it moves, so that the
/// range of these tells too little: not zeros, which every range holds, nor
/// what a maximum is padded with, such as the ends of the number line.
static bool padsWithValues(Operation *op) {
  auto pad = dyn_cast<tensor::PadOp>(op);
  if (!pad)
    return false;
  auto yield = cast<tensor::YieldOp>(pad.getBody()->getTerminator());
  FloatAttr constant;
  if (!matchPattern(yield.getValue(), m_Constant(&constant)))
    return true;
  const double value = constant.getValueAsDouble();
  return value != 0 && std::fabs(value) < FLT_MAX &&
         !llvm::all_of(
             op->getUsers(),
             [&](Operation *user) { return isExtremumBeyond(user, value); });
}

/// Whether the result of `op` wants statistics of its own.
static bool wantsObserver(Operation *op) {
  if (isa<ObserveOp, FakeQuantOp, QuantizeOp, DequantizeOp>(op) ||
      op->getNumResults() == 0 || !isFloatTensor(op->getResult(0).getType()) ||
      isPinned(op->getResult(0)))
    return false;
  if (auto quantizable = dyn_cast<QuantizableOpInterface>(op)) {
    QuantRole role = quantizable.getQuantRole();
    if (role == QuantRole::SameScale)
      return padsWithValues(op);
    return role != QuantRole::None;
  }
  return !isConstantDerived(op->getResult(0));
}

/// Whether the constant has a range to tell of: finite, and not all zeros,
/// which every range holds.
static bool hasRange(Value constant) {
  ElementsAttr elements;
  matchPattern(constant, m_Constant(&elements));
  FailureOr<ConstantValues<float>> numbers = readFloats(elements);
  return succeeded(numbers) &&
         llvm::all_of(*numbers, [](float x) { return std::isfinite(x); }) &&
         llvm::any_of(*numbers, [](float x) { return x != 0; });
}

/// The constants that `op` moves along with values of the program, such as the
/// rows of an embedding: nothing else tells of their range.
static SmallVector<OpOperand *> getMovedConstants(Operation *op) {
  SmallVector<OpOperand *> constants;
  auto quantizable = dyn_cast<QuantizableOpInterface>(op);
  if (quantizable && quantizable.getQuantRole() == QuantRole::SameScale)
    for (OpOperand &operand : op->getOpOperands())
      if (quantizable.getOperandKind(operand) == OperandKind::Activation &&
          matchPattern(operand.get(), m_Constant()))
        constants.push_back(&operand);
  return constants;
}

static void observe(OpBuilder &builder, Value value, StringAttr id) {
  auto hook = ObserveOp::create(builder, value.getLoc(), value.getType(), value,
                                id, TypeAttr(), /*final=*/false);
  value.replaceAllUsesExcept(hook.getResult(), hook);
}

/// Whether `op` is a contraction with parameters from samples.
static bool isStaticContraction(QuantizableOpInterface op) {
  return op.getQuantRole() == QuantRole::Contraction &&
         !op->hasAttr(QOptDialect::getDynamicAttrName()) &&
         !op->hasAttr(QOptDialect::getWeightOnlyAttrName());
}

/// What `op` reads on average, by the indices that its weights have, too. Those
/// that get parameters at run time, or none, ask for no samples.
static void observeMeans(QuantizableOpInterface op, StringAttr id) {
  OpOperand *weight = nullptr, *activation = nullptr;
  for (OpOperand &operand : op->getOpOperands()) {
    OperandKind kind = op.getOperandKind(operand);
    OpOperand *&place = kind == OperandKind::Weight ? weight : activation;
    if (kind != OperandKind::Weight && kind != OperandKind::Activation)
      continue;
    if (place)
      return;
    place = &operand;
  }
  if (!weight || !activation || !isConstantDerived(weight->get()))
    return;
  auto type = dyn_cast<RankedTensorType>(activation->get().getType());
  if (!type || !type.hasStaticShape() || !type.getElementType().isF32())
    return;
  SmallVector<int64_t> channels;
  for (auto [own, other] : op.getCommonDims(*activation, *weight))
    channels.push_back(own);
  // An operation that does not say which there are.
  if (channels.empty())
    return;
  OpBuilder builder(op);
  ObserveMeansOp::create(builder, op.getLoc(), activation->get(), id, channels);
}

namespace {
struct InsertObservers : qopt::impl::InsertObserversBase<InsertObservers> {
  using InsertObserversBase::InsertObserversBase;

  void runOnOperation() override {
    if (explain)
      getOperation()->setAttr(QOptDialect::getExplainAttrName(),
                              UnitAttr::get(&getContext()));
    StringRef attrName = QOptDialect::getNameAttrName();
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      if (func.isExternal() || !needsCalibration(func))
        continue;
      OpBuilder builder(func.getBody());
      SmallVector<Operation *> sources;
      llvm::MapVector<Value, SmallVector<OpOperand *>> constants;
      func.walk([&](Operation *op) {
        if (op->getParentRegion() != &func.getBody())
          return;
        if (wantsObserver(op))
          sources.push_back(op);
        for (OpOperand *operand : getMovedConstants(op))
          constants[operand->get()].push_back(operand);
      });
      for (auto &[constant, uses] : constants)
        if (failed(observeConstant(builder, constant, uses)))
          return signalPassFailure();
      for (BlockArgument argument : func.getArguments()) {
        if (!isFloatTensor(argument.getType()) || argument.use_empty() ||
            isPinned(argument))
          continue;
        auto id = func.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                    attrName);
        if (!id) {
          func.emitOpError("argument ")
              << argument.getArgNumber()
              << " has no name; run qopt-assign-names first";
          return signalPassFailure();
        }
        builder.setInsertionPointToStart(&func.getBody().front());
        observe(builder, argument, id);
      }
      for (Operation *op : sources) {
        auto id = op->getAttrOfType<StringAttr>(attrName);
        if (!id) {
          op->emitOpError("has no name; run qopt-assign-names first");
          return signalPassFailure();
        }
        builder.setInsertionPointAfter(op);
        observe(builder, op->getResult(0), id);
        if (auto contraction = dyn_cast<QuantizableOpInterface>(op);
            contraction && isStaticContraction(contraction))
          observeMeans(contraction, id);
      }
    }
  }

  /// Names a constant after the first of `uses`, "gather_0.0", and hooks what
  /// they read; others, such as a product that has it as its weight, read it as
  /// it is.
  LogicalResult observeConstant(OpBuilder &builder, Value constant,
                                ArrayRef<OpOperand *> uses) {
    Operation *mover = uses.front()->getOwner();
    Operation *op = constant.getDefiningOp();
    StringRef attrName = QOptDialect::getNameAttrName();
    auto id = op->getAttrOfType<StringAttr>(attrName);
    if (!id) {
      auto name = mover->getAttrOfType<StringAttr>(attrName);
      if (!name)
        return mover->emitOpError("has no name; run qopt-assign-names first");
      id = builder.getStringAttr(name.getValue() + "." +
                                 Twine(uses.front()->getOperandNumber()));
      op->setAttr(attrName, id);
    }
    if (!hasRange(constant))
      return success();
    builder.setInsertionPointAfter(op);
    auto hook = ObserveOp::create(builder, constant.getLoc(),
                                  constant.getType(), constant, id, TypeAttr(),
                                  /*final=*/false);
    for (OpOperand *use : uses)
      use->set(hook.getResult());
    return success();
  }
};
} // namespace
