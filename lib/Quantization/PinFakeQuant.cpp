//===- PinFakeQuant.cpp - Parameters that came with the model -------------===//

#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Quantization/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_PINFAKEQUANT
#include "quantopt/Quantization/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {
struct PinFakeQuant : qopt::impl::PinFakeQuantBase<PinFakeQuant> {
  void runOnOperation() override {
    SmallVector<FakeQuantOp> ops;
    getOperation()->walk([&](FakeQuantOp op) { ops.push_back(op); });
    for (FakeQuantOp op : ops) {
      if (!isa<quant::UniformQuantizedType>(op.getType()) ||
          !isa<RankedTensorType>(op.getInput().getType()))
        continue;
      // The integer form rounds by the module's rule.
      if (getNumerics(op).getRounding() !=
          getNumerics(op->getParentOp()).getRounding())
        continue;
      auto name = op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName());
      if (!name) {
        op->emitOpError("has no name; run qopt-assign-names first");
        return signalPassFailure();
      }
      // What was counted of the value before it was rounded decides nothing.
      Value input = op.getInput();
      while (auto observe = input.getDefiningOp<ObserveOp>()) {
        if (observe.getFinal())
          break;
        input = observe.getInput();
      }
      OpBuilder builder(op);
      auto pinned =
          ObserveOp::create(builder, op.getLoc(), input.getType(), input, name,
                            op.getTypeAttr(), /*final=*/true);
      explain(pinned, [] { return std::string("came with the model"); });
      op.getResult().replaceAllUsesWith(pinned);
      op.erase();
    }
  }
};
} // namespace
