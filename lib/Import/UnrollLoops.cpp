//===- UnrollLoops.cpp - Steps of a recurrence become a chain -------------===//
//
// A recurrent layer is a loop over time. Quantization gives each value that it
// sees one set of parameters, and buffers are planned for a program without
// loops: so each step becomes operations of its own.
//
//===----------------------------------------------------------------------===//

#include "quantopt/Import/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Utils/Utils.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_UNROLLLOOPS
#include "quantopt/Import/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

/// Whether `loop` carries or makes tensors.
static bool computesTensors(Operation *loop) {
  return loop
      ->walk([](Operation *op) {
        auto isTensor = [](Type type) { return isa<TensorType>(type); };
        return llvm::any_of(op->getResultTypes(), isTensor)
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

namespace {
struct UnrollLoops : qopt::impl::UnrollLoopsBase<UnrollLoops> {
  using UnrollLoopsBase::UnrollLoopsBase;

  void runOnOperation() override {
    // Inner loops first, so that outer ones count what becomes of them.
    SmallVector<scf::ForOp> loops;
    getOperation().walk([&](scf::ForOp loop) { loops.push_back(loop); });
    for (scf::ForOp loop : loops)
      if (computesTensors(loop) && failed(unroll(loop)))
        return signalPassFailure();
    getOperation().walk([&](scf::WhileOp loop) {
      if (!computesTensors(loop))
        return;
      loop->emitOpError("runs until a condition holds, and steps are written "
                        "one after the other; export the model for a fixed "
                        "number of steps");
      signalPassFailure();
    });
  }

  LogicalResult unroll(scf::ForOp loop) const {
    std::optional<APInt> trips = loop.getStaticTripCount();
    if (!trips)
      return loop->emitOpError(
          "runs a number of times that is not known at compile time; export "
          "the model for a sequence of fixed length");
    int64_t size = 0;
    loop.getBody()->walk([&](Operation *) { ++size; });
    if (trips->getActiveBits() > 32 ||
        trips->getSExtValue() > maxOperations / std::max<int64_t>(size, 1))
      return loop->emitOpError("has ")
             << trips->getLimitedValue() << " steps of " << size
             << " operations, more than " << int64_t(maxOperations)
             << " in all; export the model for a shorter sequence, or raise "
                "max-operations of qopt-unroll-loops";
    return loopUnrollFull(loop);
  }
};
} // namespace
