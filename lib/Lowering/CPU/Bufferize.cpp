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

/// Inserts `inputs` one behind the other along `dim` into `to`, which has room
/// for just these. The time that upstream's analysis takes for a chain of
/// insertions goes with the cube of its length, so that many values go into
/// slices of `to`, a part of them each.
static Value insertAlong(OpBuilder &builder, Location loc, int64_t dim,
                         ValueRange inputs, Value to) {
  constexpr size_t kFew = 8;
  const size_t count = llvm::divideCeil(inputs.size(), kFew);
  auto type = cast<RankedTensorType>(to.getType());
  const SmallVector<OpFoldResult> strides(type.getRank(),
                                          builder.getIndexAttr(1));
  int64_t offset = 0;
  while (!inputs.empty()) {
    ValueRange part = inputs.take_front(count);
    inputs = inputs.drop_front(part.size());
    SmallVector<int64_t> shape(type.getShape());
    shape[dim] = 0;
    for (Value input : part)
      shape[dim] += cast<RankedTensorType>(input.getType()).getDimSize(dim);
    SmallVector<OpFoldResult> offsets(type.getRank(), builder.getIndexAttr(0));
    offsets[dim] = builder.getIndexAttr(offset);
    const SmallVector<OpFoldResult> sizes =
        getAsIndexOpFoldResult(builder.getContext(), shape);
    Value slice = part.front();
    if (part.size() > 1) {
      slice = tensor::ExtractSliceOp::create(builder, loc, to, offsets, sizes,
                                             strides);
      slice = insertAlong(builder, loc, dim, part, slice);
    }
    to = tensor::InsertSliceOp::create(builder, loc, slice, to, offsets, sizes,
                                       strides);
    offset += shape[dim];
  }
  return to;
}

/// Many values that are concatenated; upstream's pattern has the others.
struct DecomposeLongConcat : OpRewritePattern<tensor::ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ConcatOp op,
                                PatternRewriter &rewriter) const override {
    RankedTensorType type = op.getResultType();
    auto isStatic = [](Type type) {
      return cast<RankedTensorType>(type).hasStaticShape();
    };
    if (op.getInputs().size() <= 8 || !isStatic(type) ||
        !llvm::all_of(op.getInputs().getTypes(), isStatic))
      return failure();
    Value to = tensor::EmptyOp::create(rewriter, op.getLoc(), type.getShape(),
                                       type.getElementType());
    rewriter.replaceOp(op, insertAlong(rewriter, op.getLoc(), op.getDim(),
                                       op.getInputs(), to));
    return success();
  }
};

/// Pads and concatenations as insertions into one destination, so that the
/// inserted value's producer can write there itself.
static LogicalResult decomposeIntoInsertions(ModuleOp module) {
  RewritePatternSet patterns(module.getContext());
  patterns.add<DecomposeLongConcat>(module.getContext(), /*benefit=*/2);
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
