//===- MatrixLoads.cpp - Factors on their way to shared memory ------------===//

#include "../../CPU/Kernels/Globals.h"
#include "MatrixEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::qopt;

Loader MatrixEmitter::emitLoader(const MatrixFactor &factor, bool isRight) {
  const Access &access = nest.inputs[factor.input];
  const bool isPacked = isRight && product.isConstant;
  Loader loader;
  loader.isPacked = isPacked;
  loader.granule = isPacked ? kChunk : factor.granule;
  // Zeros in one factor are enough.
  loader.clears = isRight && !isPacked && padded != product.termCount;
  const int64_t columns = llvm::alignTo(product.columnCount, tile.columns);
  OpBuilder host(nest.main->getContext());
  host.setInsertionPoint(Nest(nest).getAnchor());
  auto importData = [&](StringRef name, Type element, AsmResourceBlob data) {
    return kernel.import(
        emitConstantData(host, loc, name, element, std::move(data)));
  };
  Value buffer = isPacked ? importData("packed_weights", b.getI8Type(),
                                       packRightFactor(nest, product, tile))
                          : kernel.importFlat(access);
  loader.pointer = kernel.getPointer(buffer);
  const bool isDense =
      isPacked || (isRight ? product.hasDenseRight : product.hasDenseLeft);
  if (!isDense)
    loader.positions =
        importData("term_positions", b.getI32Type(),
                   listTermPositions(nest, product, factor, padded));

  // The batch's part, and the rows of this thread.
  Value begin = isPacked ? Value() : emitBatch(access);
  if (isPacked && product.batchCount > 1)
    begin = kernel.mul(kernel.getBlock(gpu::Dimension::z), columns * padded);
  const int64_t rows = isRight ? tile.columns : tile.rows;
  const int64_t base = isRight ? tile.rows * tile.step : 0;
  const int64_t atOnce = tile.threads() / chunks();
  const int64_t count = isRight ? product.columnCount : product.rowCount;
  SmallVector<int64_t> sizes;
  for (unsigned loop : factor.rows)
    sizes.push_back(nest.sizes[loop]);
  Value chunk = remainder(thread, chunks());
  Value first = divide(thread, chunks());
  for (int64_t i = 0; i < int64_t(llvm::divideCeil(rows, atOnce)); ++i) {
    Value row = kernel.add(first, index(i * atOnce));
    if ((i + 1) * atOnce > rows)
      loader.hasLast = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult,
                                             row, index(rows));
    loader.places.push_back(
        kernel.add(kernel.add(kernel.mul(row, tile.step),
                              kernel.mul(exchange(chunk, row), kChunk)),
                   index(base)));
    Value number = kernel.add(row, isRight ? blockColumn : blockRow);
    Value at = begin;
    if (isPacked) {
      at = kernel.add(at, kernel.mul(number, padded));
    } else {
      // Rows behind the last one read it again, and nobody stores them.
      number = kernel.min(number, count - 1);
      for (auto [loop, iv] :
           llvm::zip_equal(factor.rows, kernel.delinearize(number, sizes)))
        at = kernel.add(at, kernel.mul(iv, access.strides[loop]));
    }
    loader.rows.push_back(at);
  }
  return loader;
}

/// Sixteen bytes that do not lie together: byte by byte through registers.
void MatrixEmitter::emitGather(const Loader &loader, ArrayRef<Value> terms,
                               ArrayRef<Value> sizes, Value row, Value to) {
  Type i8 = b.getI8Type(), i32 = b.getI32Type();
  SmallVector<Value> words;
  for (int64_t word = 0; word < kChunk / 4; ++word) {
    Value packed;
    for (int64_t byte = 0; byte < 4; ++byte) {
      const int64_t k = word * 4 + byte;
      Value from = gep(loader.pointer, kernel.add(row, terms[k]), kGlobalSpace);
      Value value = LLVM::LoadOp::create(b, loc, i8, from);
      value = arith::ExtUIOp::create(b, loc, i32, value);
      if (loader.clears)
        value = arith::MulIOp::create(b, loc, value, sizes[k]);
      Value by =
          arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(8 * byte));
      value = arith::ShLIOp::create(b, loc, value, by);
      packed = packed ? arith::OrIOp::create(b, loc, packed, value).getResult()
                      : value;
    }
    words.push_back(packed);
  }
  for (auto [number, word] : llvm::enumerate(words))
    LLVM::StoreOp::create(b, loc, word,
                          gep(to, index(4 * number), kSharedSpace),
                          /*alignment=*/4);
}

void MatrixEmitter::emitChunk(const Loader &loader, ArrayRef<Value> terms,
                              ArrayRef<Value> sizes, size_t row, Value stage) {
  Value to = gep(shared, kernel.add(stage, loader.places[row]), kSharedSpace);
  if (loader.granule == 1)
    return emitGather(loader, terms, sizes, loader.rows[row], to);
  for (auto [number, term] : llvm::enumerate(terms)) {
    Value from =
        gep(loader.pointer, kernel.add(loader.rows[row], term), kGlobalSpace);
    Value place = number == 0
                      ? to
                      : gep(to, index(number * loader.granule), kSharedSpace);
    // Only copies of 16 bytes may pass by the first cache.
    auto modifier = loader.granule == kChunk ? NVVM::LoadCacheModifierKind::CG
                                             : NVVM::LoadCacheModifierKind::CA;
    NVVM::CpAsyncOp::create(b, loc, place, from, loader.granule, modifier,
                            loader.clears ? sizes[number] : Value());
  }
}

/// Loads this thread's part of `step` into `stage`.
void MatrixEmitter::emitLoad(const Loader &loader, Value step, Value stage) {
  Value chunk = remainder(thread, chunks());
  Value first =
      kernel.add(kernel.mul(step, tile.step), kernel.mul(chunk, kChunk));
  const int64_t parts = kChunk / loader.granule;
  // What is copied of each part: all of it or, behind the last term, nothing.
  // Parts of one byte have 1 or 0 there.
  SmallVector<Value> terms, sizes;
  for (int64_t part = 0; part < parts; ++part) {
    Value k = kernel.add(first, index(part * loader.granule));
    if (loader.clears) {
      Value isTerm = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, k,
                                           index(product.termCount));
      auto size = [&](int64_t value) -> Value {
        return arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(value));
      };
      sizes.push_back(arith::SelectOp::create(b, loc, isTerm,
                                              size(loader.granule), size(0)));
    }
    if (loader.positions) {
      Value number = arith::IndexCastUIOp::create(b, loc, b.getIndexType(),
                                                  divide(k, loader.granule));
      Value position = memref::LoadOp::create(b, loc, loader.positions, number);
      if (position.getType() != kernel.getPositionType())
        position =
            arith::ExtSIOp::create(b, loc, kernel.getPositionType(), position);
      terms.push_back(position);
    } else if (padded != product.termCount && !loader.isPacked) {
      terms.push_back(kernel.min(k, product.termCount - loader.granule));
    } else {
      terms.push_back(k);
    }
  }
  for (size_t row = 0; row < loader.rows.size(); ++row) {
    const bool isGuarded = loader.hasLast && row + 1 == loader.rows.size();
    OpBuilder::InsertionGuard guard(b);
    if (isGuarded) {
      auto condition = scf::IfOp::create(b, loc, loader.hasLast);
      b.setInsertionPointToStart(condition.thenBlock());
    }
    emitChunk(loader, terms, sizes, row, stage);
  }
}
