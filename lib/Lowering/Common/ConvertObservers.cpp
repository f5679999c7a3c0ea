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

constexpr StringLiteral kObserveFunction = "qopt_observe_f32";

struct ConvertObservers : qopt::impl::ConvertObserversBase<ConvertObservers> {
  void runOnOperation() override {
    SmallVector<ObserveOp> observers;
    getOperation().walk([&](ObserveOp op) { observers.push_back(op); });
    if (observers.empty())
      return;
    OpBuilder builder = OpBuilder::atBlockBegin(getOperation().getBody());
    Location loc = getOperation().getLoc();
    auto pointer = LLVM::LLVMPointerType::get(&getContext());
    if (!getOperation().lookupSymbol(kObserveFunction)) {
      auto callee = func::FuncOp::create(
          builder, loc, kObserveFunction,
          builder.getFunctionType({pointer, pointer, builder.getI64Type()},
                                  {}));
      callee.setPrivate();
    }
    for (ObserveOp op : observers)
      if (failed(convert(op, pointer)))
        return signalPassFailure();
  }

  /// The id as a private zero-terminated global; one a text.
  LLVM::GlobalOp getIdGlobal(StringRef id, Location loc) {
    LLVM::GlobalOp &global = globals[id];
    if (global)
      return global;
    OpBuilder builder = OpBuilder::atBlockBegin(getOperation().getBody());
    std::string text = id.str();
    text.push_back('\0');
    std::string name;
    do {
      name = "qopt_observer_id_" + std::to_string(nextGlobal++);
    } while (getOperation().lookupSymbol(name));
    global = LLVM::GlobalOp::create(
        builder, loc,
        LLVM::LLVMArrayType::get(builder.getI8Type(), text.size()),
        /*isConstant=*/true, LLVM::Linkage::Private, name,
        builder.getStringAttr(text));
    return global;
  }

  LogicalResult convert(ObserveOp op, Type pointer) {
    auto type = cast<RankedTensorType>(op.getInput().getType());
    if (!type.getElementType().isF32())
      return op.emitOpError("observes ")
             << type << "; the run-time library counts f32 only";
    if (!type.hasStaticShape())
      return op.emitOpError("observes a value of dynamic shape ") << type;
    LLVM::GlobalOp global = getIdGlobal(op.getId(), op.getLoc());
    OpBuilder b(op);
    Location loc = op.getLoc();
    auto buffer = MemRefType::get(type.getShape(), type.getElementType());
    Value memref =
        bufferization::ToBufferOp::create(b, loc, buffer, op.getInput(),
                                          /*read_only=*/true);
    Value address =
        memref::ExtractAlignedPointerAsIndexOp::create(b, loc, memref);
    Value integer = arith::IndexCastOp::create(b, loc, b.getI64Type(), address);
    Value data = LLVM::IntToPtrOp::create(b, loc, pointer, integer);
    Value id = LLVM::AddressOfOp::create(b, loc, global);
    Value count = arith::ConstantOp::create(
        b, loc, b.getI64IntegerAttr(type.getNumElements()));
    func::CallOp::create(b, loc, kObserveFunction, TypeRange{},
                         ValueRange{id, data, count});
    op.getResult().replaceAllUsesWith(op.getInput());
    op.erase();
    return success();
  }

  llvm::StringMap<LLVM::GlobalOp> globals;
  unsigned nextGlobal = 0;
};

} // namespace
