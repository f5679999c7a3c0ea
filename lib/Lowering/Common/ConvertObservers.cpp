//===- ConvertObservers.cpp - Calibration hooks become calls --------------===//

#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Lowering/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_CONVERTOBSERVERS
#include "quantopt/Lowering/CPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {

constexpr StringLiteral kObserveFunction = "qopt_observe_tensor_f32";
constexpr StringLiteral kMeansFunction = "qopt_observe_means_f32";

struct ConvertObservers : qopt::impl::ConvertObserversBase<ConvertObservers> {
  void runOnOperation() override {
    SmallVector<ObserveOp> observers;
    SmallVector<ObserveMeansOp> means;
    getOperation().walk([&](ObserveOp op) { observers.push_back(op); });
    getOperation().walk([&](ObserveMeansOp op) { means.push_back(op); });
    Type pointer = LLVM::LLVMPointerType::get(&getContext());
    Type count = IntegerType::get(&getContext(), 64);
    if (!observers.empty())
      declare(kObserveFunction, {pointer, pointer, pointer, count});
    if (!means.empty())
      declare(kMeansFunction, {pointer, pointer, pointer, count});
    for (ObserveMeansOp op : means)
      if (failed(convert(op)))
        return signalPassFailure();
    for (ObserveOp op : observers)
      if (failed(convert(op)))
        return signalPassFailure();
  }

  void declare(StringRef name, ArrayRef<Type> arguments) {
    if (getOperation().lookupSymbol(name))
      return;
    OpBuilder builder = OpBuilder::atBlockBegin(getOperation().getBody());
    func::FuncOp::create(builder, getOperation().getLoc(), name,
                         builder.getFunctionType(arguments, {}))
        .setPrivate();
  }

  std::string makeGlobalName() {
    std::string name;
    do {
      name = "qopt_observer_" + std::to_string(nextGlobal++);
    } while (getOperation().lookupSymbol(name));
    return name;
  }

  /// `value` as a private zero-terminated global; one a text.
  LLVM::GlobalOp getTextGlobal(StringRef value, Location loc) {
    LLVM::GlobalOp &global = globals[value];
    if (global)
      return global;
    OpBuilder builder = OpBuilder::atBlockBegin(getOperation().getBody());
    std::string text = value.str();
    text.push_back('\0');
    global = LLVM::GlobalOp::create(
        builder, loc,
        LLVM::LLVMArrayType::get(builder.getI8Type(), text.size()),
        /*isConstant=*/true, LLVM::Linkage::Private, makeGlobalName(),
        builder.getStringAttr(text));
    return global;
  }

  /// The shape of `type` as the run-time library reads it: sizes of what is
  /// summed and of what is kept by turns, neighbours of a kind as one.
  static SmallVector<int64_t> getParts(RankedTensorType type,
                                       ArrayRef<int64_t> channels) {
    SmallVector<int64_t> sizes = {1};
    for (auto [dim, size] : llvm::enumerate(type.getShape())) {
      const bool isKept = llvm::is_contained(channels, int64_t(dim));
      if (isKept == (sizes.size() % 2 == 0))
        sizes.back() *= size;
      else
        sizes.push_back(size);
    }
    if (sizes.size() % 2 != 0)
      sizes.push_back(1);
    return sizes;
  }

  LLVM::GlobalOp makeSizesGlobal(ArrayRef<int64_t> sizes, Location loc) {
    OpBuilder builder = OpBuilder::atBlockBegin(getOperation().getBody());
    return LLVM::GlobalOp::create(
        builder, loc,
        LLVM::LLVMArrayType::get(builder.getI64Type(), sizes.size()),
        /*isConstant=*/true, LLVM::Linkage::Private, makeGlobalName(),
        builder.getI64TensorAttr(sizes));
  }

  static LogicalResult checkObserved(Operation *op, RankedTensorType type) {
    if (!type.getElementType().isF32())
      return op->emitOpError("observes ")
             << type << "; the run-time library counts f32 only";
    if (!type.hasStaticShape())
      return op->emitOpError("observes a value of dynamic shape ") << type;
    return success();
  }

  /// The address of the elements of `tensor`, which lie dense.
  static Value getData(OpBuilder &b, Location loc, Value tensor) {
    auto type = cast<RankedTensorType>(tensor.getType());
    auto buffer = MemRefType::get(type.getShape(), type.getElementType());
    Value memref = bufferization::ToBufferOp::create(b, loc, buffer, tensor,
                                                     /*read_only=*/true);
    Value address =
        memref::ExtractAlignedPointerAsIndexOp::create(b, loc, memref);
    Value integer = arith::IndexCastOp::create(b, loc, b.getI64Type(), address);
    return LLVM::IntToPtrOp::create(
        b, loc, LLVM::LLVMPointerType::get(b.getContext()), integer);
  }

  LogicalResult convert(ObserveOp op) {
    auto type = cast<RankedTensorType>(op.getInput().getType());
    if (failed(checkObserved(op, type)))
      return failure();
    Location loc = op.getLoc();
    LLVM::GlobalOp idText = getTextGlobal(op.getId(), loc);
    LLVM::GlobalOp typeText = getTextGlobal(op.getTableType(), loc);
    OpBuilder b(op);
    Value data = getData(b, loc, op.getInput());
    Value id = LLVM::AddressOfOp::create(b, loc, idText);
    Value typeName = LLVM::AddressOfOp::create(b, loc, typeText);
    Value count = arith::ConstantOp::create(
        b, loc, b.getI64IntegerAttr(type.getNumElements()));
    func::CallOp::create(b, loc, kObserveFunction, TypeRange{},
                         ValueRange{id, typeName, data, count});
    op.getResult().replaceAllUsesWith(op.getInput());
    op.erase();
    return success();
  }

  LogicalResult convert(ObserveMeansOp op) {
    auto type = cast<RankedTensorType>(op.getInput().getType());
    if (failed(checkObserved(op, type)))
      return failure();
    Location loc = op.getLoc();
    SmallVector<int64_t> parts = getParts(type, op.getChannels());
    LLVM::GlobalOp global = getTextGlobal(op.getId(), loc);
    LLVM::GlobalOp shape = makeSizesGlobal(parts, loc);
    OpBuilder b(op);
    Value data = getData(b, loc, op.getInput());
    Value id = LLVM::AddressOfOp::create(b, loc, global);
    Value sizes = LLVM::AddressOfOp::create(b, loc, shape);
    Value count = arith::ConstantOp::create(
        b, loc, b.getI64IntegerAttr(int64_t(parts.size() / 2)));
    func::CallOp::create(b, loc, kMeansFunction, TypeRange{},
                         ValueRange{id, data, sizes, count});
    op.erase();
    return success();
  }

  llvm::StringMap<LLVM::GlobalOp> globals;
  unsigned nextGlobal = 0;
};

} // namespace
