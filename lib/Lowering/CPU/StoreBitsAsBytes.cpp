//===- StoreBitsAsBytes.cpp - Buffers of i1 become buffers of i8 ----------===//

#include "quantopt/Lowering/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Interfaces/CallInterfaces.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_STOREBITSASBYTES
#include "quantopt/Lowering/CPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

static bool isOfBits(Type type) {
  auto memref = dyn_cast<MemRefType>(type);
  return memref && memref.getElementType().isInteger(1);
}

static Type toBytes(Type type) {
  if (!isOfBits(type))
    return type;
  return MemRefType::Builder(cast<MemRefType>(type))
      .setElementType(IntegerType::get(type.getContext(), 8));
}

static bool touchesBits(Operation *op) {
  return llvm::any_of(op->getOperandTypes(), isOfBits) ||
         llvm::any_of(op->getResultTypes(), isOfBits);
}

/// Whether the elements behind a buffer are of no concern to `op`, or are
/// handled here.
static bool isKnown(Operation *op) {
  return isa<linalg::LinalgOp, memref::LoadOp, memref::StoreOp, memref::CopyOp,
             memref::AllocOp, memref::AllocaOp, memref::DeallocOp,
             memref::GetGlobalOp, memref::DimOp, ViewLikeOpInterface,
             CallOpInterface, RegionBranchOpInterface, BranchOpInterface,
             RegionBranchTerminatorOpInterface, func::ReturnOp>(op);
}

/// Whether `byte` is not zero, for all uses that `byte` has so far.
static void compareUses(OpBuilder &builder, Location loc, Value byte) {
  Value zero = arith::ConstantOp::create(
      builder, loc, builder.getIntegerAttr(byte.getType(), 0));
  Value bit =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, byte, zero);
  byte.replaceAllUsesExcept(bit, bit.getDefiningOp());
}

/// `bit` as the byte 0 or 1; the byte itself where `bit` was read from one.
static Value extend(OpBuilder &builder, Location loc, Value bit) {
  if (bit.getType().isInteger(8))
    return bit;
  return arith::ExtUIOp::create(builder, loc, builder.getI8Type(), bit);
}

static void convertBody(linalg::LinalgOp op) {
  Block &body = *op.getBlock();
  Operation *yield = body.getTerminator();
  // What is only moved stays a byte.
  SmallVector<BlockArgument> bytes;
  for (OpOperand &operand : op->getOpOperands())
    if (isOfBits(operand.get().getType()))
      bytes.push_back(op.getMatchingBlockArgument(&operand));
  OpBuilder builder(yield);
  Type i8 = builder.getI8Type();
  for (auto [result, init] :
       llvm::zip(yield->getOpOperands(), op.getDpsInits()))
    if (isOfBits(init.getType()) && !llvm::is_contained(bytes, result.get()))
      result.set(extend(builder, op.getLoc(), result.get()));
  builder.setInsertionPointToStart(&body);
  for (BlockArgument byte : bytes) {
    byte.setType(i8);
    Value zero, bit;
    for (OpOperand &use : llvm::make_early_inc_range(byte.getUses())) {
      if (use.getOwner() == yield &&
          isOfBits(op.getDpsInits()[use.getOperandNumber()].getType()))
        continue;
      if (!bit) {
        zero = arith::ConstantOp::create(builder, op.getLoc(),
                                         builder.getI8IntegerAttr(0));
        bit = arith::CmpIOp::create(builder, op.getLoc(),
                                    arith::CmpIPredicate::ne, byte, zero);
      }
      if (use.getOwner() != bit.getDefiningOp())
        use.set(bit);
    }
  }
}

static LogicalResult convertGlobal(memref::GlobalOp global) {
  if (!isOfBits(global.getType()))
    return success();
  auto type = cast<MemRefType>(toBytes(global.getType()));
  global.setTypeAttr(TypeAttr::get(type));
  std::optional<Attribute> value = global.getInitialValue();
  if (!value || isa<UnitAttr>(*value))
    return success();
  auto tensor = RankedTensorType::get(type.getShape(), type.getElementType());
  if (auto dense = dyn_cast<DenseElementsAttr>(*value)) {
    auto bytes = dense.mapValues(type.getElementType(),
                                 [](const APInt &bit) { return bit.zext(8); });
    global.setInitialValueAttr(bytes);
    return success();
  }
  // Resources hold a byte for each bit already.
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(*value)) {
    global.setInitialValueAttr(
        DenseResourceElementsAttr::get(tensor, resource.getRawHandle()));
    return success();
  }
  return global.emitError("has bits in an attribute that is neither dense nor "
                          "dense_resource: write it as one of them");
}

namespace {

struct StoreBitsAsBytes : qopt::impl::StoreBitsAsBytesBase<StoreBitsAsBytes> {
  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> named;
    WalkResult walk = getOperation().walk([&](Operation *op) {
      if (!touchesBits(op) || isa<func::FuncOp>(op))
        return WalkResult::advance();
      if (!isKnown(op)) {
        op->emitError("reads or writes a buffer of i1 in a way that is not "
                      "known: use linalg, memref.load or memref.store");
        return WalkResult::interrupt();
      }
      // The bodies of named operations follow from their types.
      if (isa<linalg::LinalgOp>(op) &&
          !isa<linalg::GenericOp, linalg::CopyOp>(op))
        named.push_back(cast<linalg::LinalgOp>(op));
      return WalkResult::advance();
    });
    if (walk.wasInterrupted())
      return signalPassFailure();
    IRRewriter rewriter(&getContext());
    for (linalg::LinalgOp op : named) {
      rewriter.setInsertionPoint(op);
      if (failed(linalg::generalizeNamedOp(rewriter, op))) {
        op.emitError("on buffers of i1 has no generic form");
        return signalPassFailure();
      }
    }
    for (auto global : getOperation().getOps<memref::GlobalOp>())
      if (failed(convertGlobal(global)))
        return signalPassFailure();
    convertElements();
    convertTypes();
  }

private:
  /// Whoever looks at elements sees bytes.
  void convertElements() {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (touchesBits(op) &&
          isa<linalg::LinalgOp, memref::LoadOp, memref::StoreOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      OpBuilder builder(op);
      if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
        convertBody(linalgOp);
      } else if (auto load = dyn_cast<memref::LoadOp>(op)) {
        load.getResult().setType(builder.getI8Type());
        builder.setInsertionPointAfter(op);
        compareUses(builder, op->getLoc(), load.getResult());
      } else if (auto store = dyn_cast<memref::StoreOp>(op)) {
        store.getValueMutable().set(
            extend(builder, op->getLoc(), store.getValue()));
      }
    }
  }

  void convertTypes() {
    getOperation().walk([&](Operation *op) {
      for (OpResult result : op->getResults())
        result.setType(toBytes(result.getType()));
      for (Region &region : op->getRegions())
        for (Block &block : region)
          for (BlockArgument argument : block.getArguments())
            argument.setType(toBytes(argument.getType()));
      auto func = dyn_cast<func::FuncOp>(op);
      if (!func)
        return;
      auto convert = [](ArrayRef<Type> types) {
        return llvm::map_to_vector(types, toBytes);
      };
      FunctionType type = func.getFunctionType();
      func.setFunctionType(FunctionType::get(&getContext(),
                                             convert(type.getInputs()),
                                             convert(type.getResults())));
    });
  }
};

} // namespace
