//===- FoldConstantGenerics.cpp - Elementwise operations on constants -----===//

#include "quantopt/Lowering/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_FOLDCONSTANTGENERICS
#include "quantopt/Lowering/CPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {

/// Runs one element of `body` on constants by the operations' own folders.
static Attribute evaluate(Block &body, ArrayRef<Attribute> arguments) {
  DenseMap<Value, Attribute> values;
  for (auto [argument, value] : llvm::zip(body.getArguments(), arguments))
    values[argument] = value;
  auto valueOf = [&](Value value) -> Attribute {
    Attribute constant = values.lookup(value);
    if (!constant)
      (void)matchPattern(value, m_Constant(&constant));
    return constant;
  };
  for (Operation &op : body.without_terminator()) {
    SmallVector<Attribute> operands;
    for (Value operand : op.getOperands()) {
      operands.push_back(valueOf(operand));
      if (!operands.back())
        return nullptr;
    }
    SmallVector<OpFoldResult> results;
    if (failed(op.fold(operands, results)) || results.size() != 1)
      return nullptr;
    Attribute result = dyn_cast<Attribute>(results[0]);
    if (!result)
      result = valueOf(cast<Value>(results[0]));
    if (!result)
      return nullptr;
    values[op.getResult(0)] = result;
  }
  return valueOf(body.getTerminator()->getOperand(0));
}

/// The bytes of a constant whose elements are whole bytes, or nothing. A splat
/// has those of one element.
static std::optional<ArrayRef<char>> bytesOf(ElementsAttr attribute) {
  if (attribute.getElementType().isInteger(1))
    return std::nullopt;
  if (auto dense = dyn_cast<DenseIntOrFPElementsAttr>(attribute))
    return dense.getRawData();
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute))
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      return blob->getData();
  return std::nullopt;
}

/// A transposed or broadcast constant: its bytes in another order.
static DenseElementsAttr permute(ElementsAttr input, AffineMap map,
                                 RankedTensorType type) {
  std::optional<ArrayRef<char>> bytes = bytesOf(input);
  unsigned bits = type.getElementTypeBitWidth();
  if (!bytes || bits % 8 != 0)
    return nullptr;
  int64_t size = bits / 8;
  if (static_cast<int64_t>(bytes->size()) == size)
    return DenseElementsAttr::getFromRawBuffer(type, *bytes);
  // Strides of the input along the dimensions of the result.
  SmallVector<int64_t> strides(type.getRank(), 0);
  int64_t stride = size;
  ArrayRef<int64_t> shape = input.getShapedType().getShape();
  for (int64_t dim = shape.size(); dim-- > 0;) {
    if (auto expr = dyn_cast<AffineDimExpr>(map.getResult(dim)))
      strides[expr.getPosition()] += stride;
    stride *= shape[dim];
  }
  std::vector<char> result(type.getNumElements() * size);
  SmallVector<int64_t> position(type.getRank(), 0);
  int64_t from = 0;
  for (char *to = result.data(), *end = to + result.size(); to != end;
       to += size) {
    std::memcpy(to, bytes->data() + from, size);
    for (int64_t dim = type.getRank(); dim-- > 0;) {
      from += strides[dim];
      if (++position[dim] != type.getDimSize(dim))
        break;
      from -= strides[dim] * type.getDimSize(dim);
      position[dim] = 0;
    }
  }
  return DenseElementsAttr::getFromRawBuffer(type, result);
}

/// The result of an elementwise operation on constants, or null.
static DenseElementsAttr fold(linalg::GenericOp op) {
  if (op.getNumParallelLoops() != op.getNumLoops() ||
      op->getNumResults() != 1 || op.hasIndexSemantics() ||
      op.payloadUsesValueFromOperand(op.getDpsInitOperand(0)))
    return nullptr;
  auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  if (!type || !type.hasStaticShape() || op.getNumDpsInputs() == 0)
    return nullptr;
  AffineMap outMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (!outMap.isPermutation())
    return nullptr;
  AffineMap toLoops = inversePermutation(outMap);
  auto yielded =
      dyn_cast<BlockArgument>(op.getBody()->getTerminator()->getOperand(0));
  if (yielded && yielded.getOwner() == op.getBody()) {
    OpOperand *operand = &op->getOpOperand(yielded.getArgNumber());
    AffineMap map = op.getMatchingIndexingMap(operand);
    ElementsAttr value;
    if (!matchPattern(operand->get(), m_Constant(&value)) ||
        !map.isProjectedPermutation(/*allowZeroInResults=*/true))
      return nullptr;
    return permute(value, map.compose(toLoops), type);
  }
  struct Input {
    DenseElementsAttr values;
    AffineMap map;
  };
  SmallVector<Input> inputs;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    DenseElementsAttr values;
    AffineMap map = op.getMatchingIndexingMap(operand);
    if (!matchPattern(operand->get(), m_Constant(&values)) ||
        !map.isProjectedPermutation(/*allowZeroInResults=*/true))
      return nullptr;
    inputs.push_back({values, map});
  }
  // From an element of the result to the loops, and on to each input.
  SmallVector<AffineMap> maps;
  for (Input &input : inputs)
    maps.push_back(input.map.compose(toLoops));

  SmallVector<Attribute> elements;
  elements.reserve(type.getNumElements());
  SmallVector<int64_t> position(type.getRank(), 0);
  for (int64_t i = 0, e = type.getNumElements(); i < e; ++i) {
    int64_t rest = i;
    for (int64_t dim = type.getRank(); dim-- > 0;) {
      position[dim] = rest % type.getDimSize(dim);
      rest /= type.getDimSize(dim);
    }
    SmallVector<Attribute> arguments;
    for (auto [input, map] : llvm::zip(inputs, maps)) {
      SmallVector<uint64_t> at;
      for (int64_t index : map.compose(position))
        at.push_back(index);
      arguments.push_back(input.values.getValues<Attribute>()[at]);
    }
    Attribute value = evaluate(*op.getBody(), arguments);
    if (!value)
      return nullptr;
    elements.push_back(value);
  }
  return DenseElementsAttr::get(type, elements);
}

struct FoldConstantGenerics
    : qopt::impl::FoldConstantGenericsBase<FoldConstantGenerics> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (op.hasPureTensorSemantics() && op.getNumDpsInputs() > 0 &&
          llvm::all_of(op.getDpsInputs(), [](Value input) {
            return matchPattern(input, m_Constant());
          }))
        ops.push_back(op);
    });
    for (linalg::LinalgOp op : ops) {
      // A broadcast or a fill is smaller as an operation.
      if (isa<linalg::BroadcastOp, linalg::FillOp>(op))
        continue;
      rewriter.setInsertionPoint(op);
      auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
      if (!generic) {
        if (op.getNumReductionLoops() != 0)
          continue;
        FailureOr<linalg::GenericOp> made =
            linalg::generalizeNamedOp(rewriter, op);
        if (failed(made))
          continue;
        generic = *made;
      }
      if (DenseElementsAttr value = fold(generic)) {
        rewriter.setInsertionPoint(generic);
        rewriter.replaceOpWithNewOp<arith::ConstantOp>(generic, value);
      }
    }
  }
};

} // namespace
