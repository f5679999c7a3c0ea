//===- InstrumentProfile.cpp - Count the time of each kernel --------------===//
//
// Two reads of the processor's counter around a kernel, the second one behind a
// fence, a difference and an addition into a global array: no call, and no
// memory but that array.
//
//===----------------------------------------------------------------------===//

#include "Work.h"
#include "quantopt/Lowering/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_INSTRUMENTPROFILE
#include "quantopt/Lowering/CPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {

constexpr StringLiteral kCountersName = "qopt_profile_counters";
constexpr StringLiteral kClockName = "qopt_profile_clock";
constexpr StringLiteral kTableName = "qopt.profile";
/// Ticks and calls of each kernel.
constexpr int64_t kCountersOfKernel = 2;

struct InstrumentProfile
    : qopt::impl::InstrumentProfileBase<InstrumentProfile> {
  void runOnOperation() override;

private:
  void emitFence(OpBuilder &builder, Location loc);
  void collect(func::FuncOp func);
  LogicalResult checkNames();
  void instrument(IRRewriter &rewriter, Operation *op, int64_t index);
  void addToCounter(OpBuilder &builder, Location loc, Value counters,
                    int64_t index, int64_t which, Value amount);

  SmallVector<Operation *> kernels;
  MemRefType countersType;
  llvm::Triple triple;
};

/// Waits for all instructions so far: processors read a counter ahead of them,
/// and a kernel of some dozen nanoseconds would seem to end before it has.
void InstrumentProfile::emitFence(OpBuilder &builder, Location loc) {
  if (triple.isX86())
    LLVM::CallIntrinsicOp::create(builder, loc,
                                  builder.getStringAttr("llvm.x86.sse2.lfence"),
                                  ValueRange{});
  if (triple.isAArch64()) {
    Value system = LLVM::ConstantOp::create(builder, loc, builder.getI32Type(),
                                            builder.getI32IntegerAttr(15));
    LLVM::CallIntrinsicOp::create(
        builder, loc, builder.getStringAttr("llvm.aarch64.isb"), system);
  }
}

/// The counter that every program may read, which runs at one rate: the time
/// stamp on x86, the virtual count on Arm.
Value readClock(OpBuilder &builder, Location loc) {
  return LLVM::CallIntrinsicOp::create(
             builder, loc, builder.getI64Type(),
             builder.getStringAttr("llvm.readcyclecounter"), ValueRange{})
      .getResult(0);
}

/// Kernels that are emitted already, and operations that will be plain loops.
void InstrumentProfile::collect(func::FuncOp func) {
  func.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (!op->hasAttr(kKernelAttrName) && !isa<linalg::LinalgOp>(op))
      return WalkResult::advance();
    kernels.push_back(op);
    return WalkResult::skip();
  });
}

LogicalResult InstrumentProfile::checkNames() {
  for (StringRef name : {kCountersName, kClockName})
    if (Operation *taken = getOperation().lookupSymbol(name))
      return taken->emitError("has the name of what a profile adds to the "
                              "module: give it another one");
  return success();
}

void InstrumentProfile::addToCounter(OpBuilder &builder, Location loc,
                                     Value counters, int64_t index,
                                     int64_t which, Value amount) {
  Value place[] = {arith::ConstantIndexOp::create(builder, loc, index),
                   arith::ConstantIndexOp::create(builder, loc, which)};
  Value old = memref::LoadOp::create(builder, loc, counters, place);
  Value sum = arith::AddIOp::create(builder, loc, old, amount);
  memref::StoreOp::create(builder, loc, sum, counters, place);
}

void InstrumentProfile::instrument(IRRewriter &rewriter, Operation *op,
                                   int64_t index) {
  Location loc = op->getLoc();
  rewriter.setInsertionPoint(op);
  Value begin = readClock(rewriter, loc);
  rewriter.setInsertionPointAfter(op);
  emitFence(rewriter, loc);
  Value end = readClock(rewriter, loc);
  Value ticks = arith::SubIOp::create(rewriter, loc, end, begin);
  Value counters =
      memref::GetGlobalOp::create(rewriter, loc, countersType, kCountersName);
  addToCounter(rewriter, loc, counters, index, 0, ticks);
  Value one = arith::ConstantIntOp::create(rewriter, loc, 1, 64);
  addToCounter(rewriter, loc, counters, index, 1, one);
  // The region has said what belongs together.
  if (auto region = dyn_cast<scf::ExecuteRegionOp>(op)) {
    Block *body = &region.getRegion().front();
    rewriter.eraseOp(body->getTerminator());
    rewriter.inlineBlockBefore(body, op);
    rewriter.eraseOp(op);
  }
}

/// A line of the table: what the kernel is, and where it comes from.
DictionaryAttr describe(Operation *op) {
  Builder builder(op->getContext());
  auto line = op->getAttrOfType<DictionaryAttr>(kKernelAttrName);
  if (!line)
    line = describeKernel(op->getContext(), "loops", getLabel(op),
                          getWork({cast<linalg::LinalgOp>(op)}));
  NamedAttrList fields(line);
  SmallVector<Origin> origins = getOrigins(op->getLoc());
  const Origin &main = origins.front();
  if (!main.op.empty())
    fields.set("op", builder.getStringAttr(main.op));
  if (!main.name.empty())
    fields.set("name", builder.getStringAttr(main.name));
  fields.set("location", builder.getStringAttr(
                             main.place.empty() ? "unknown" : main.place));
  SmallVector<Attribute> fused;
  for (const Origin &origin : ArrayRef(origins).drop_front())
    fused.push_back(builder.getStringAttr(
        origin.op.empty() ? origin.place : origin.op + " " + origin.place));
  fields.set("fused", builder.getArrayAttr(fused));
  return fields.getDictionary(op->getContext());
}

void InstrumentProfile::runOnOperation() {
  ModuleOp module = getOperation();
  // Without a triple the code is for this machine.
  auto name = module->getAttrOfType<StringAttr>(
      LLVM::LLVMDialect::getTargetTripleAttrName());
  triple = llvm::Triple(name ? name.getValue()
                             : StringRef(llvm::sys::getDefaultTargetTriple()));
  for (auto func : module.getOps<func::FuncOp>())
    collect(func);
  if (failed(checkNames()))
    return signalPassFailure();

  IRRewriter rewriter(&getContext());
  int64_t count = std::max<int64_t>(1, kernels.size());
  countersType =
      MemRefType::get({count, kCountersOfKernel}, rewriter.getI64Type());
  SmallVector<Attribute> table;
  for (auto [index, kernel] : llvm::enumerate(kernels)) {
    table.push_back(describe(kernel));
    instrument(rewriter, kernel, index);
  }
  module->setAttr(kTableName, rewriter.getArrayAttr(table));

  Location loc = module.getLoc();
  rewriter.setInsertionPointToStart(module.getBody());
  auto zero = DenseElementsAttr::get(
      RankedTensorType::get(countersType.getShape(), rewriter.getI64Type()),
      rewriter.getI64IntegerAttr(0));
  memref::GlobalOp::create(rewriter, loc, kCountersName,
                           rewriter.getStringAttr("public"), countersType, zero,
                           /*constant=*/false, rewriter.getI64IntegerAttr(64));
  // Who reads the counters finds the rate of the clock by reading it twice.
  rewriter.setInsertionPointToEnd(module.getBody());
  auto clock = func::FuncOp::create(
      rewriter, loc, kClockName,
      rewriter.getFunctionType({}, {rewriter.getI64Type()}));
  rewriter.setInsertionPointToStart(clock.addEntryBlock());
  func::ReturnOp::create(rewriter, loc, readClock(rewriter, loc));
}

} // namespace
