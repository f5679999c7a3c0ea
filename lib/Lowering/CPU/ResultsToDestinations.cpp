//===- ResultsToDestinations.cpp - Results through the caller's buffers ---===//

#include "quantopt/Lowering/CPU/Passes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallPtrSet.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_RESULTSTODESTINATIONS
#include "quantopt/Lowering/CPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {

/// The buffer of a tensor at the boundary: dense and row-major. A scalar result
/// is a buffer of rank 0.
static FailureOr<MemRefType> boundaryBuffer(func::FuncOp func, StringRef what,
                                            unsigned index, Type type) {
  if (type.isIntOrFloat())
    return MemRefType::get({}, type);
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.getElementType().isIntOrFloat())
    return func.emitOpError() << what << " " << index << " has type " << type
                              << "; the lowered ABI passes tensors of integers "
                                 "or floats";
  if (!tensor.hasStaticShape())
    return func.emitOpError()
           << what << " " << index << " has the dynamic shape " << type
           << "; export the model with static shapes";
  // Such a buffer has no row-major strides.
  if (llvm::is_contained(tensor.getShape().drop_front(tensor.getRank() > 0), 0))
    return func.emitOpError() << what << " " << index << " has type " << type
                              << ", which has rows of no elements; export the "
                                 "model without it";
  return MemRefType::get(tensor.getShape(), tensor.getElementType());
}

/// A tensor that is returned and the buffer that it is written to.
struct Output {
  Value tensor;
  BlockArgument destination;
  Operation *maker;
};

/// The first operation of the block that makes something which `value` may
/// share a buffer with, through views and control flow.
static Operation *findFirstMaker(Value value) {
  Operation *first = value.getDefiningOp();
  SmallVector<Value> worklist = {value};
  llvm::SetVector<Value> sources;
  llvm::SmallPtrSet<Value, 8> seen;
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    if (!op || op->getBlock() != first->getBlock())
      continue;
    if (op->isBeforeInBlock(first))
      first = op;
    sources.clear();
    if (isa<tensor::CastOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp,
            tensor::ExtractSliceOp>(op))
      sources.insert(op->getOperand(0));
    else if (isa<RegionBranchOpInterface>(op)) {
      sources.insert_range(op->getOperands());
      getUsedValuesDefinedAbove(op->getRegions(), sources);
    }
    for (Value source : sources)
      if (isa<TensorType>(source.getType()) && seen.insert(source).second)
        worklist.push_back(source);
  }
  return first;
}

static LogicalResult convert(func::FuncOp func) {
  Block &entry = func.front();
  OpBuilder builder = OpBuilder::atBlockBegin(&entry);
  auto returnOp = cast<func::ReturnOp>(entry.getTerminator());

  // Inputs: read-only views of the caller's buffers.
  SmallVector<Type> inputs;
  for (BlockArgument argument : entry.getArguments()) {
    Type type = argument.getType();
    if (type.isIntOrIndexOrFloat()) {
      inputs.push_back(type);
      continue;
    }
    auto buffer =
        boundaryBuffer(func, "argument", argument.getArgNumber(), type);
    if (failed(buffer))
      return failure();
    argument.setType(*buffer);
    auto tensor = bufferization::ToTensorOp::create(
        builder, argument.getLoc(), type, argument, /*restrict=*/true,
        /*writable=*/false);
    argument.replaceAllUsesExcept(tensor, tensor);
    inputs.push_back(*buffer);
  }

  // Results: one more buffer each, written before the return.
  builder.setInsertionPoint(returnOp);
  SmallVector<Output> outputs;
  for (auto [index, value] : llvm::enumerate(returnOp.getOperands())) {
    auto buffer = boundaryBuffer(func, "result", index, value.getType());
    if (failed(buffer))
      return failure();
    Value tensor = value;
    if (!isa<TensorType>(value.getType()))
      tensor = tensor::FromElementsOp::create(
          builder, value.getLoc(), RankedTensorType::get({}, value.getType()),
          value);
    outputs.push_back(
        {tensor, entry.addArgument(*buffer, value.getLoc()), nullptr});
    inputs.push_back(*buffer);
  }
  // A value may be computed in the buffer of a result that comes from it: it is
  // copied from there before that result is.
  for (Output &output : outputs)
    output.maker = findFirstMaker(output.tensor);
  llvm::sort(outputs, [](const Output &left, const Output &right) {
    if (left.maker != right.maker)
      return left.maker->isBeforeInBlock(right.maker);
    Operation *own = left.tensor.getDefiningOp();
    Operation *other = right.tensor.getDefiningOp();
    if (own != other)
      return own->isBeforeInBlock(other);
    return left.destination.getArgNumber() < right.destination.getArgNumber();
  });
  for (const Output &output : outputs)
    bufferization::MaterializeInDestinationOp::create(
        builder, returnOp.getLoc(), TypeRange{}, output.tensor,
        output.destination, /*restrict=*/true, /*writable=*/true);
  func::ReturnOp::create(builder, returnOp.getLoc());
  returnOp.erase();

  func.setFunctionType(builder.getFunctionType(inputs, {}));
  func.setResAttrsAttr(nullptr);
  SmallVector<Attribute> attributes;
  if (ArrayAttr old = func.getArgAttrsAttr())
    attributes.assign(old.begin(), old.end());
  attributes.resize(inputs.size(), builder.getDictionaryAttr({}));
  func.setArgAttrsAttr(builder.getArrayAttr(attributes));
  for (auto [index, type] : llvm::enumerate(inputs))
    if (isa<MemRefType>(type))
      func.setArgAttr(index, LLVM::LLVMDialect::getNoAliasAttrName(),
                      builder.getUnitAttr());
  return success();
}

/// The first call of a function with a body, whose signature will be another.
static func::CallOp findCall(ModuleOp module) {
  SymbolTableCollection symbols;
  func::CallOp found;
  module.walk([&](func::CallOp call) {
    auto callee = symbols.lookupNearestSymbolFrom<func::FuncOp>(
        call, call.getCalleeAttr());
    if (!callee || callee.isExternal())
      return WalkResult::advance();
    found = call;
    return WalkResult::interrupt();
  });
  return found;
}

struct ResultsToDestinations
    : qopt::impl::ResultsToDestinationsBase<ResultsToDestinations> {
  void runOnOperation() override {
    if (func::CallOp call = findCall(getOperation())) {
      call.emitOpError("calls '")
          << call.getCallee()
          << "', which could not be inlined, and a model is lowered as one "
             "function; remove 'no_inline' from both, or unroll what calls "
             "itself";
      return signalPassFailure();
    }
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      if (func.isExternal())
        continue;
      if (!func.getBody().hasOneBlock()) {
        func.emitOpError("has control flow between blocks; models are one "
                         "block of operations");
        return signalPassFailure();
      }
      if (failed(convert(func)))
        return signalPassFailure();
    }
  }
};

} // namespace
