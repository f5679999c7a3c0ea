//===- RecordOrigins.cpp - Write what operations are into their location --===//

#include "Work.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Lowering/CPU/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_RECORDORIGINS
#include "quantopt/Lowering/CPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {

struct RecordOrigins : qopt::impl::RecordOriginsBase<RecordOrigins> {
  void runOnOperation() override {
    getOperation().walk([](Operation *op) {
      if (isa_and_nonnull<linalg::LinalgDialect, QOptDialect,
                          tensor::TensorDialect>(op->getDialect()) &&
          llvm::any_of(op->getResultTypes(), llvm::IsaPred<TensorType>))
        op->setLoc(recordOrigin(op));
    });
  }
};

} // namespace
