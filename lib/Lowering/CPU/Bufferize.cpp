//===- Bufferize.cpp - Assign buffers, in place where it can be -----------===//

#include "quantopt/Lowering/CPU/Passes.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotModuleBufferize.h"
#include "mlir/Dialect/Bufferization/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_BUFFERIZE
#include "quantopt/Lowering/CPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {

/// Pads and concatenations as insertions into one destination, so that the
/// inserted value's producer can write there itself.
static LogicalResult decomposeIntoInsertions(ModuleOp module) {
  RewritePatternSet patterns(module.getContext());
  linalg::populateDecomposePadPatterns(patterns);
  tensor::populateDecomposeTensorConcatPatterns(patterns);
  return applyPatternsGreedily(module, std::move(patterns));
}

/// Gives every reduction an initial value of its own, where several share one
/// that is cheap to write again: in a shared one, all but the last reduction
/// would work on copies, and the last one far from where it was written.
static void separateInitialValues(ModuleOp module) {
  SmallVector<linalg::LinalgOp> reductions;
  module.walk([&](linalg::LinalgOp op) {
    if (op.getNumReductionLoops() > 0)
      reductions.push_back(op);
  });
  for (linalg::LinalgOp op : reductions) {
    for (OpOperand &init : op.getDpsInitsMutable()) {
      auto producer = init.get().getDefiningOp<linalg::LinalgOp>();
      if (!producer || producer->hasOneUse() ||
          producer.getNumReductionLoops() > 0 ||
          !llvm::all_of(producer.getDpsInputs(), [](Value input) {
            return matchPattern(input, m_Constant());
          }))
        continue;
      OpBuilder builder(op);
      Operation *own = builder.clone(*producer.getOperation());
      init.set(own->getResult(cast<OpResult>(init.get()).getResultNumber()));
    }
  }
}

/// Gives every result a destination of its own. Common subexpression
/// elimination makes one of all empty tensors of a shape, and a buffer that
/// holds one value after the other has several readers: kernels would find none
/// they can take. The arena shares memory by lifetime anyway.
static void separateDestinations(ModuleOp module) {
  SmallVector<tensor::EmptyOp> shared;
  module.walk([&](tensor::EmptyOp op) {
    if (!op->hasOneUse())
      shared.push_back(op);
  });
  for (tensor::EmptyOp op : shared) {
    for (OpOperand &use : llvm::make_early_inc_range(op->getUses())) {
      OpBuilder builder(use.getOwner());
      use.set(builder.clone(*op)->getResult(0));
    }
    op.erase();
  }
}

static bufferization::OneShotBufferizationOptions makeOptions() {
  bufferization::OneShotBufferizationOptions options;
  options.bufferizeFunctionBoundaries = true;
  options.setFunctionBoundaryTypeConversion(
      bufferization::LayoutMapOption::IdentityLayoutMap);
  options.unknownTypeConverterFn =
      [](TensorType type, Attribute space,
         const bufferization::BufferizationOptions &) -> BaseMemRefType {
    return bufferization::getMemRefTypeWithStaticIdentityLayout(type, space);
  };
  // Copies are linalg operations, so that they are lowered like all others and
  // never become calls.
  options.memCpyFn = [](OpBuilder &builder, Location loc, Value from,
                        Value to) {
    linalg::CopyOp::create(builder, loc, from, to);
    return success();
  };
  return options;
}

/// Names the first operation on tensors that upstream cannot put on buffers.
static LogicalResult checkOperations(ModuleOp module) {
  auto isTensor = [](Type type) { return isa<TensorType>(type); };
  return success(
      !module
           ->walk([&](Operation *op) -> WalkResult {
             if (isa<bufferization::BufferizableOpInterface>(op) ||
                 op->hasTrait<OpTrait::ReturnLike>() ||
                 (llvm::none_of(op->getOperandTypes(), isTensor) &&
                  llvm::none_of(op->getResultTypes(), isTensor)))
               return WalkResult::advance();
             return op->emitOpError(
                 "computes on tensors and has no form on buffers; write it as "
                 "linalg or tensor operations, or lower it before");
           })
           .wasInterrupted());
}

struct Bufferize : qopt::impl::BufferizeBase<Bufferize> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(checkOperations(module)))
      return signalPassFailure();
    IRRewriter rewriter(&getContext());
    separateInitialValues(module);
    separateDestinations(module);
    if (failed(decomposeIntoInsertions(module)) ||
        failed(bufferization::eliminateEmptyTensors(rewriter, module)))
      return signalPassFailure();
    bufferization::OneShotBufferizationOptions options = makeOptions();
    bufferization::BufferizationState state;
    if (failed(
            bufferization::runOneShotModuleBufferize(module, options, state)))
      return signalPassFailure();
    bufferization::removeBufferizationAttributesInModule(module);
  }
};

} // namespace
