//===- StoreEmbeddings.cpp - Embedding tables in fewer bits ---------------===//

#include "Selection.h"
#include "StoredWeights.h"
#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Analysis/EmbeddingTable.h"
#include "quantopt/Quantization/Passes.h"
#include "quantopt/Support/Config.h"
#include "quantopt/Support/QuantArrays.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Threading.h"
#include "llvm/ADT/MapVector.h"

#include <cmath>

namespace mlir::qopt {
#define GEN_PASS_DEF_STOREEMBEDDINGS
#include "quantopt/Quantization/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

StoreEmbeddingsOptions
mlir::qopt::getEmbeddingOptions(const quantopt::Config &config) {
  StoreEmbeddingsOptions options;
  options.method =
      config.weights.method == quantopt::WeightMethod::Mse ? "mse" : "min-max";
  return options;
}

namespace {

/// A table as it is stored; `scales`, one a row, where that is in integers.
struct Stored {
  Value elements, scales;
};

struct StoreEmbeddings : qopt::impl::StoreEmbeddingsBase<StoreEmbeddings> {
  using StoreEmbeddingsBase::StoreEmbeddingsBase;

  Stored storeIntegers(OpBuilder &builder, RankedTensorType type,
                       int64_t rowDims, ArrayRef<float> values,
                       StringRef name) const {
    ArrayRef<int64_t> shape = type.getShape();
    ConstantBuilder stored(type.clone(builder.getI8Type())),
        scales(RankedTensorType::get(shape.take_front(rowDims),
                                     builder.getF32Type()));
    MutableArrayRef<int8_t> to = stored.getMutableData<int8_t>();
    MutableArrayRef<float> ofRows = scales.getMutableData<float>();
    const size_t size = values.size() / ofRows.size();
    constexpr size_t kBlock = 64;
    mlir::parallelFor(
        builder.getContext(), 0, llvm::divideCeil(ofRows.size(), kBlock),
        [&](size_t block) {
          for (size_t row = block * kBlock,
                      end = std::min(ofRows.size(), row + kBlock);
               row < end; ++row) {
            ArrayRef<float> from = values.slice(row * size, size);
            // A row of zeros stores zeros at any scale.
            const double scale =
                chooseSymmetricScale(from, 127, method == "mse");
            ofRows[row] = scale == 0.0 ? 1.0f : float(scale);
            quantopt::quantizeSymmetric(from.data(), size, &ofRows[row],
                                        /*perElement=*/false, -127, 127,
                                        to.data() + row * size);
          }
        });
    return {constant(builder, std::move(stored), name),
            constant(builder, std::move(scales), (name + ".scales").str())};
  }

  static Value constant(OpBuilder &builder, ConstantBuilder values,
                        StringRef name) {
    return arith::ConstantOp::create(
        builder, builder.getUnknownLoc(),
        cast<TypedAttr>(std::move(values).finish(name)));
  }

  /// Reads what is stored in the place of `read`.
  static void rewrite(EmbeddingRead read, const Stored &stored) {
    OpBuilder b(read.load);
    Location loc = read.load.getLoc();
    SmallVector<Value> indices(read.load.getIndices());
    Value element = tensor::ExtractOp::create(b, loc, stored.elements, indices);
    Value real;
    if (stored.scales) {
      Value scale = tensor::ExtractOp::create(
          b, loc, stored.scales, ArrayRef(indices).take_front(read.rowDims));
      real = arith::SIToFPOp::create(b, loc, b.getF32Type(), element);
      real = arith::MulFOp::create(b, loc, real, scale);
    } else {
      real = arith::ExtFOp::create(b, loc, b.getF32Type(), element);
    }
    read.load.getResult().replaceAllUsesWith(real);
    read.load.erase();
  }

  void runOnOperation() override {
    if (method != "min-max" && method != "mse") {
      getOperation().emitError(
          "qopt-store-embeddings takes method=min-max|mse");
      return signalPassFailure();
    }
    // Tables have several readers: each form of one is made once.
    llvm::MapVector<std::tuple<Value, int64_t, WeightFormat>, Stored> tables;
    WalkResult result = getOperation().walk([&](Operation *op) -> WalkResult {
      if (!isWeightOnly(op))
        return WalkResult::advance();
      const WeightFormat format = getWeightOnly(op).getFormat();
      for (EmbeddingRead read : findEmbeddingReads(op)) {
        Value table = read.load.getTensor();
        auto [entry, isNew] =
            tables.try_emplace({table, read.rowDims, format}, Stored());
        if (isNew) {
          FailureOr<Stored> stored = store(op, table, read.rowDims, format);
          if (failed(stored))
            return WalkResult::interrupt();
          entry->second = *stored;
        }
        rewrite(read, entry->second);
      }
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    for (const auto &[key, stored] : tables)
      if (Operation *before = std::get<0>(key).getDefiningOp();
          before && isOpTriviallyDead(before))
        before->erase();
  }

  FailureOr<Stored> store(Operation *op, Value table, int64_t rowDims,
                          WeightFormat format) const {
    auto type = cast<RankedTensorType>(table.getType());
    FailureOr<ConstantValues<float>> values =
        readFloats(getConstantTensor(table)->values);
    if (failed(values) ||
        std::isinf(quantopt::largestMagnitude(values->begin(), values->size())))
      return op->emitOpError("reads a table with values that are NaN or "
                             "infinite; mend the model before quantizing it, "
                             "or set 'embeddings: float'");
    auto given = op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName());
    std::string name =
        (given ? given.getValue() + ".table" : Twine("table")).str();
    OpBuilder builder(op->getContext());
    builder.setInsertionPointAfterValue(table);
    if (format == WeightFormat::Int8)
      return storeIntegers(builder, type, rowDims, *values, name);
    return Stored{storeShortFloats(op, builder, builder.getUnknownLoc(), type,
                                   *values, format, name,
                                   "values of its table"),
                  Value()};
  }
};
} // namespace
