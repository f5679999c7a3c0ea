//===- MatrixEmitter.h - A product on tensor cores, step by step -*- C++ -*-=//

#ifndef QUANTOPT_LIB_LOWERING_GPU_KERNELS_MATRIXEMITTER_H
#define QUANTOPT_LIB_LOWERING_GPU_KERNELS_MATRIXEMITTER_H

#include "MatrixKernel.h"

#include "llvm/Support/MathExtras.h"

namespace mlir::qopt {

constexpr int64_t kChunk = 16;
/// What one `mma.sync` makes: rows, columns, and the terms that it adds.
constexpr int64_t kRows = 16, kColumns = 8, kTerms = 32;
constexpr unsigned kGlobalSpace = 1, kSharedSpace = 3;

/// Brings one factor's part of a step into shared memory.
struct Loader {
  /// It is the packed constant, with zeros behind the terms.
  bool isPacked;
  /// The factor's first byte in global memory.
  Value pointer;
  /// Bytes that are loaded at once.
  int64_t granule;
  /// Where each row that this thread loads begins, and where its chunk goes in
  /// a stage.
  SmallVector<Value> rows, places;
  /// Whether this thread has the last of those rows; null: it has.
  Value hasLast;
  /// The list of the terms' positions; null where they lie together.
  Value positions;
  /// What lies behind the last term must become zero.
  bool clears;
};

class MatrixEmitter {
public:
  MatrixEmitter(KernelBuilder &kernel, const Nest &nest,
                const MatrixProduct &product, const MatrixTile &tile)
      : kernel(kernel), b(kernel.b), loc(kernel.loc), nest(nest),
        product(product), tile(tile),
        padded(llvm::alignTo(product.termCount, tile.step)) {}

  LogicalResult emit();

private:
  Value index(int64_t value) { return kernel.constant(value); }
  Value gep(Value base, Value offset, unsigned space);
  Value divide(Value value, int64_t by) { return kernel.divide(value, by); }
  Value remainder(Value value, int64_t by) {
    return kernel.remainder(value, by);
  }
  Value exchange(Value chunk, Value row);
  void emitShared();
  void emitNumbers();
  Value emitBatch(const Access &access);
  Loader emitLoader(const MatrixFactor &factor, bool isRight);
  void emitLoad(const Loader &loader, Value step, Value stage);
  void emitChunk(const Loader &loader, ArrayRef<Value> terms,
                 ArrayRef<Value> sizes, size_t row, Value stage);
  void emitGather(const Loader &loader, ArrayRef<Value> terms,
                  ArrayRef<Value> sizes, Value row, Value to);
  SmallVector<Value> emitStep(Value stage, ValueRange accumulators);
  SmallVector<Value> emitGroupStep(Value stage, ValueRange accumulators);
  Value describeMatrix(Value place);
  SmallVector<Value> loadMatrices(Value place);
  SmallVector<Value> emitSteps(ArrayRef<Loader> loaders);
  void emitResults(ValueRange accumulators);

  int64_t rowTiles() const { return tile.rows / tile.warpRows / kRows; }
  int64_t columnTiles() const {
    return tile.columns / tile.warpColumns / kColumns;
  }
  int64_t chunks() const { return tile.step / kChunk; }

  KernelBuilder &kernel;
  OpBuilder &b;
  const Location loc;
  const Nest &nest;
  const MatrixProduct &product;
  const MatrixTile tile;
  /// Terms with the zeros behind them.
  const int64_t padded;
  Value shared, thread, lane, warpRow, warpColumn, blockRow, blockColumn;
  SmallVector<Value> batchIvs;
};

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_GPU_KERNELS_MATRIXEMITTER_H
