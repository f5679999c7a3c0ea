//===- Contraction.cpp - Recognise contractions ---------------------------===//

#include "Contraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace mlir::qopt;

//===----------------------------------------------------------------------===//
// Recognition
//===----------------------------------------------------------------------===//

/// `value` as an argument of `body`, through at most one extension, which may
/// be scaled where it makes a float.
static std::optional<Factor> matchFactor(Value value, Block &body) {
  bool isUnsigned = false;
  std::optional<unsigned> scale;
  if (auto mul = value.getDefiningOp<arith::MulFOp>()) {
    auto argument = dyn_cast<BlockArgument>(mul.getRhs());
    if (!argument || argument.getOwner() != &body)
      return std::nullopt;
    scale = argument.getArgNumber();
    value = mul.getLhs();
  }
  if (auto convert = value.getDefiningOp<arith::SIToFPOp>())
    value = convert.getIn();
  else if (auto ext = value.getDefiningOp<arith::ExtFOp>())
    value = ext.getIn();
  else if (scale)
    return std::nullopt;
  else if (auto ext = value.getDefiningOp<arith::ExtSIOp>()) {
    value = ext.getIn();
  } else if (auto ext = value.getDefiningOp<arith::ExtUIOp>()) {
    value = ext.getIn();
    isUnsigned = true;
  }
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != &body)
    return std::nullopt;
  return Factor{argument.getArgNumber(), isUnsigned, scale};
}

/// Matches `acc + x * w` and returns the two factors.
template <typename AddOp, typename MulOp>
static std::optional<std::pair<Factor, Factor>> matchBody(Block &body) {
  auto add = body.getTerminator()->getOperand(0).getDefiningOp<AddOp>();
  if (!add)
    return std::nullopt;
  Value accumulator = body.getArguments().back();
  Value product = add.getLhs() == accumulator ? add.getRhs() : add.getLhs();
  if (add.getLhs() != accumulator && add.getRhs() != accumulator)
    return std::nullopt;
  auto mul = product.getDefiningOp<MulOp>();
  if (!mul)
    return std::nullopt;
  auto left = matchFactor(mul.getLhs(), body);
  auto right = matchFactor(mul.getRhs(), body);
  if (!left || !right || left->input == right->input || left->input > 1 ||
      right->input > 1 || (left->scale && right->scale))
    return std::nullopt;
  return std::make_pair(*left, *right);
}

/// Splits the reduction into the longest contiguous run of activations, over
/// which the weights' scales stay, and the loops around it.
static void splitReduction(const Nest &nest, Contraction &contraction) {
  const Access &activations = nest.inputs[contraction.activations];
  SmallVector<unsigned> left;
  for (unsigned loop = 0, e = nest.sizes.size(); loop < e; ++loop)
    if (nest.isReduction[loop] && nest.sizes[loop] != 1)
      left.push_back(loop);
  bool grows = true;
  while (grows) {
    grows = false;
    for (unsigned loop : left) {
      if (activations.strides[loop] != contraction.runLength ||
          (contraction.scales &&
           nest.inputs[*contraction.scales].strides[loop] != 0))
        continue;
      contraction.run.insert(contraction.run.begin(), loop);
      contraction.runLength *= nest.sizes[loop];
      llvm::erase(left, loop);
      grows = true;
      break;
    }
  }
  sortByStride(left, activations);
  contraction.outer = left;
}

/// Packing weights at run time pays off from this many rows on.
static constexpr int64_t kRowsForPacking = 4;

/// The loops by role, if `weights` can be that of its input.
static FailureOr<Contraction> assignRoles(const Nest &nest, Factor activations,
                                          Factor weights, bool isFloat) {
  Contraction contraction;
  contraction.activations = activations.input;
  contraction.weights = weights.input;
  contraction.isFloat = isFloat;
  contraction.isUnsigned = activations.isUnsigned;
  const Access &a = nest.inputs[contraction.activations];
  const Access &w = nest.inputs[contraction.weights];
  contraction.isConstant = getConstantBytes(w.buffer).has_value();
  contraction.isWide = a.element.isInteger(16);
  contraction.scales = weights.scale;
  bool isStored =
      w.element.isInteger(8) || w.element.isF16() || w.element.isBF16();
  bool fits =
      isFloat ? a.element.isF32() &&
                    (w.element.isF32() || (contraction.isConstant && isStored))
              : (w.element.isInteger(8) ||
                 (w.element.isInteger(16) && contraction.isWide &&
                  contraction.isConstant)) &&
                    (a.element.isInteger(8) ||
                     (contraction.isWide && !activations.isUnsigned));
  if (!fits || weights.isUnsigned || activations.scale)
    return failure();

  std::optional<unsigned> column;
  for (unsigned loop = 0, e = nest.sizes.size(); loop < e; ++loop) {
    if (nest.isReduction[loop] || nest.sizes[loop] == 1 ||
        nest.output.strides[loop] != 1 || a.strides[loop] != 0 ||
        w.strides[loop] == 0)
      continue;
    if (!column || nest.sizes[loop] > nest.sizes[*column])
      column = loop;
  }
  if (!column)
    return failure();
  contraction.column = *column;
  int64_t rows = 1;
  for (unsigned loop = 0, e = nest.sizes.size(); loop < e; ++loop) {
    if (nest.isReduction[loop] || nest.sizes[loop] == 1 || loop == *column)
      continue;
    if (w.strides[loop] == 0) {
      if (weights.scale && nest.inputs[*weights.scale].strides[loop] != 0)
        return failure();
      contraction.rows.push_back(loop);
      rows *= nest.sizes[loop];
    } else {
      contraction.batches.push_back(loop);
    }
  }
  sortByStride(contraction.rows, nest.output);
  sortByStride(contraction.batches, nest.output);
  splitReduction(nest, contraction);
  if (!contraction.isConstant &&
      (rows < kRowsForPacking || contraction.run.size() != 1))
    return failure();
  return contraction;
}

/// The factors of a product, of which one may be scaled by a third input.
static std::optional<std::pair<Factor, Factor>> matchFactors(const Nest &nest) {
  linalg::GenericOp op = nest.main;
  if (!nest.hasReduction())
    return std::nullopt;
  if (nest.accumulator.element.isF32())
    return matchBody<arith::AddFOp, arith::MulFOp>(*op.getBody());
  if (nest.accumulator.element.isInteger(32))
    return matchBody<arith::AddIOp, arith::MulIOp>(*op.getBody());
  return std::nullopt;
}

std::optional<std::pair<Factor, Factor>>
mlir::qopt::matchProduct(const Nest &nest) {
  auto factors = matchFactors(nest);
  if (nest.inputs.size() != 2 || !factors || factors->first.scale ||
      factors->second.scale)
    return std::nullopt;
  return factors;
}

std::optional<Factor> mlir::qopt::matchSum(const Nest &nest) {
  linalg::GenericOp op = nest.main;
  Block &body = *op.getBody();
  auto add = body.getTerminator()->getOperand(0).getDefiningOp<arith::AddIOp>();
  if (!nest.hasReduction() || !add)
    return std::nullopt;
  Value accumulator = body.getArguments().back();
  Value term = add.getLhs() == accumulator ? add.getRhs() : add.getLhs();
  if (add.getLhs() != accumulator && add.getRhs() != accumulator)
    return std::nullopt;
  std::optional<Factor> factor = matchFactor(term, body);
  if (!factor || factor->input >= nest.inputs.size())
    return std::nullopt;
  return factor;
}

FailureOr<Contraction> mlir::qopt::matchContraction(const Nest &nest) {
  std::optional<std::pair<Factor, Factor>> factors = matchFactors(nest);
  if (!factors)
    return failure();
  const bool isScaled = factors->first.scale || factors->second.scale;
  if (nest.inputs.size() != (isScaled ? 3u : 2u))
    return failure();
  bool isFloat = nest.accumulator.element.isF32();

  auto [first, second] = *factors;
  // Constants are weights; else the second factor is, as linalg writes it.
  if (getConstantBytes(nest.inputs[first.input].buffer))
    std::swap(first, second);
  FailureOr<Contraction> contraction =
      assignRoles(nest, first, second, isFloat);
  if (succeeded(contraction))
    return contraction;
  return assignRoles(nest, second, first, isFloat);
}

//===----------------------------------------------------------------------===//
// Constant weights
//===----------------------------------------------------------------------===//

std::optional<ConstantBytes> mlir::qopt::getConstantBytes(Value buffer) {
  auto get = getRoot(buffer).getDefiningOp<memref::GetGlobalOp>();
  if (!get)
    return std::nullopt;
  auto global = SymbolTable::lookupNearestSymbolFrom<memref::GlobalOp>(
      get, get.getNameAttr());
  if (!global || !global.getConstant() || !global.getInitialValue())
    return std::nullopt;
  if (auto dense =
          dyn_cast<DenseIntOrFPElementsAttr>(*global.getInitialValue()))
    return ConstantBytes{dense.getRawData(), dense.isSplat()};
  if (auto resource =
          dyn_cast<DenseResourceElementsAttr>(*global.getInitialValue()))
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      return ConstantBytes{blob->getData(), false};
  return std::nullopt;
}

SmallVector<int64_t> mlir::qopt::enumerateOffsets(const Nest &nest,
                                                  ArrayRef<unsigned> loops,
                                                  const Access &access) {
  SmallVector<int64_t> offsets = {0};
  for (unsigned loop : loops) {
    SmallVector<int64_t> next;
    next.reserve(offsets.size() * nest.sizes[loop]);
    for (int64_t offset : offsets)
      for (int64_t i = 0; i < nest.sizes[loop]; ++i)
        next.push_back(offset + i * access.strides[loop]);
    offsets = std::move(next);
  }
  return offsets;
}

FailureOr<PackedScales> mlir::qopt::packScales(const Nest &nest,
                                               const Contraction &c,
                                               int64_t paddedColumns) {
  const Access &access = nest.inputs[*c.scales];
  std::optional<ConstantBytes> bytes = getConstantBytes(access.buffer);
  if (!bytes || !access.element.isF32())
    return failure();
  bool differs = llvm::any_of(
      c.outer, [&](unsigned loop) { return access.strides[loop] != 0; });
  SmallVector<int64_t> steps = {0};
  if (differs)
    steps = enumerateOffsets(nest, c.outer, access);
  SmallVector<int64_t> batches = enumerateOffsets(nest, c.batches, access);
  PackedScales packed;
  packed.stepStride = differs ? paddedColumns : 0;
  packed.batchStride = int64_t(steps.size()) * paddedColumns;
  packed.data.assign(batches.size() * packed.batchStride * sizeof(float), 0);
  char *to = packed.data.data();
  for (int64_t batch : batches)
    for (int64_t step : steps) {
      for (int64_t column = 0; column < nest.sizes[c.column]; ++column) {
        int64_t element = bytes->isSplat
                              ? 0
                              : access.offset + batch + step +
                                    column * access.strides[c.column];
        std::memcpy(to + column * sizeof(float),
                    bytes->data.data() + element * sizeof(float),
                    sizeof(float));
      }
      to += paddedColumns * sizeof(float);
    }
  return packed;
}

/// Whether 255 times the sum of those of two weights that have one sign fits in
/// 16 bits: products with u8 are extreme at 255, and zero at 0.
static bool pairFits(int8_t left, int8_t right) {
  int sum = (left < 0) == (right < 0) ? left + right : 0;
  return sum * 255 >= INT16_MIN && sum * 255 <= INT16_MAX;
}

bool mlir::qopt::weightsKeep(WeightBound bound, const Nest &nest,
                             const Contraction &contraction) {
  if (bound == WeightBound::Any)
    return true;
  const Access &access = nest.inputs[contraction.weights];
  std::optional<ConstantBytes> bytes = getConstantBytes(access.buffer);
  if (!bytes || !access.element.isInteger(8))
    return false;
  ArrayRef<int8_t> data(reinterpret_cast<const int8_t *>(bytes->data.data()),
                        bytes->data.size());
  if (bound == WeightBound::Symmetric)
    return !llvm::is_contained(data, INT8_MIN);
  if (bound == WeightBound::Nibbles)
    return llvm::all_of(data, [](int8_t w) { return w >= -8 && w <= 7; });
  if (bytes->isSplat)
    return contraction.runLength < 2 || pairFits(data.front(), data.front());
  const int64_t columns = nest.sizes[contraction.column];
  const int64_t columnStride = access.strides[contraction.column];
  SmallVector<int64_t> run = enumerateOffsets(nest, contraction.run, access);
  // A last one of an odd run has no partner, and fits.
  for (int64_t batch : enumerateOffsets(nest, contraction.batches, access))
    for (int64_t outer : enumerateOffsets(nest, contraction.outer, access))
      for (size_t i = 0; i + 1 < run.size(); i += 2) {
        const int8_t *first = data.data() + access.offset + batch + outer;
        for (int64_t column = 0; column < columns; ++column)
          if (!pairFits(first[run[i] + column * columnStride],
                        first[run[i + 1] + column * columnStride]))
            return false;
      }
  return true;
}
