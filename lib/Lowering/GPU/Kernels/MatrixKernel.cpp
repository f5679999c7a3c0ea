//===- MatrixKernel.cpp - Products of bytes on tensor cores ---------------===//
//
// A block of threads keeps a part of both factors in shared memory, in a ring
// of stages that `cp.async` fills ahead of time. Rows there are `step` bytes in
// chunks of 16, which are exchanged within a row so that the eight rows that
// `ldmatrix` reads at a time lie in different banks. Each warp has a part of
// the result in registers, as `mma.sync.m16n8k32` has it.
//
//===----------------------------------------------------------------------===//

#include "MatrixEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace mlir::qopt;

Value MatrixEmitter::gep(Value base, Value offset, unsigned space) {
  auto type = LLVM::LLVMPointerType::get(b.getContext(), space);
  return LLVM::GEPOp::create(b, loc, type, b.getI8Type(), base,
                             ArrayRef<LLVM::GEPArg>{offset});
}

/// Where in its row a chunk lies: rows that share a bank have them exchanged.
Value MatrixEmitter::exchange(Value chunk, Value row) {
  Value by = remainder(divide(row, 8 / chunks()), chunks());
  return arith::XOrIOp::create(b, loc, chunk, by);
}

/// The memory that a block's threads share; its size is that of the launch.
void MatrixEmitter::emitShared() {
  constexpr StringLiteral kName = "qopt_shared";
  auto module =
      b.getInsertionBlock()->getParentOp()->getParentOfType<gpu::GPUModuleOp>();
  auto global = module.lookupSymbol<LLVM::GlobalOp>(kName);
  if (!global) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    auto type = LLVM::LLVMArrayType::get(b.getI8Type(), 0);
    global = LLVM::GlobalOp::create(b, loc, type, /*isConstant=*/false,
                                    LLVM::Linkage::External, kName, Attribute(),
                                    /*alignment=*/1024, kSharedSpace);
  }
  shared = LLVM::AddressOfOp::create(b, loc, global);
}

void MatrixEmitter::emitNumbers() {
  thread = kernel.getThread();
  lane = remainder(thread, 32);
  Value warp = divide(thread, 32);
  warpRow = divide(warp, tile.warpColumns);
  warpColumn = remainder(warp, tile.warpColumns);
  blockRow = kernel.mul(kernel.getBlock(gpu::Dimension::x), tile.rows);
  blockColumn = kernel.mul(kernel.getBlock(gpu::Dimension::y), tile.columns);
  SmallVector<int64_t> sizes;
  for (unsigned loop : product.batch)
    sizes.push_back(nest.sizes[loop]);
  if (!sizes.empty())
    batchIvs = kernel.delinearize(kernel.getBlock(gpu::Dimension::z), sizes);
}

/// Where the block's entry of the batch begins.
Value MatrixEmitter::emitBatch(const Access &access) {
  Value begin = index(access.offset);
  for (auto [loop, iv] : llvm::zip_equal(product.batch, batchIvs))
    begin = kernel.add(begin, kernel.mul(iv, access.strides[loop]));
  return begin;
}

/// Four matrices of 8 rows of 16 bytes; each lane says where one row is.
SmallVector<Value> MatrixEmitter::loadMatrices(Value place) {
  Type i32 = b.getI32Type();
  auto type =
      LLVM::LLVMStructType::getLiteral(b.getContext(), {i32, i32, i32, i32});
  auto shape = NVVM::LdStMatrixShapeAttr::get(b.getContext(), 8, 8);
  Value loaded = NVVM::LdMatrixOp::create(
      b, loc, type, gep(shared, place, kSharedSpace), /*num=*/4,
      NVVM::MMALayout::row, shape, NVVM::LdStMatrixEltType::B16);
  SmallVector<Value> registers;
  for (int64_t i = 0; i < 4; ++i)
    registers.push_back(LLVM::ExtractValueOp::create(b, loc, loaded, i));
  return registers;
}

/// Adds the products of the step that is in `stage`.
SmallVector<Value> MatrixEmitter::emitStep(Value stage,
                                           ValueRange accumulators) {
  SmallVector<Value> sums(accumulators);
  Value eighth = divide(lane, 8), half = divide(lane, 16);
  Value inEight = remainder(lane, 8);
  // The row of a fragment of 16 that this lane names, and its chunk of two.
  Value leftRow = kernel.add(inEight, kernel.mul(remainder(eighth, 2), 8));
  Value rightRow = kernel.add(inEight, kernel.mul(half, 8));
  auto place = [&](Value row, Value chunk, Value warp, int64_t warpRows,
                   int64_t base) {
    Value at = kernel.add(kernel.mul(row, tile.step),
                          kernel.mul(exchange(chunk, row), kChunk));
    at = kernel.add(at, kernel.mul(warp, warpRows * tile.step));
    return kernel.add(kernel.add(at, stage), index(base));
  };
  auto type = LLVM::LLVMStructType::getLiteral(
      b.getContext(), SmallVector<Type>(4, b.getI32Type()));
  auto sign = [](const MatrixFactor &factor) {
    return factor.isUnsigned ? NVVM::MMATypes::u8 : NVVM::MMATypes::s8;
  };
  for (int64_t k = 0; k < tile.step / kTerms; ++k) {
    Value leftChunk = kernel.add(half, index(2 * k));
    Value rightChunk = kernel.add(remainder(eighth, 2), index(2 * k));
    Value leftPlace = place(leftRow, leftChunk, warpRow, rowTiles() * kRows, 0);
    Value rightPlace = place(rightRow, rightChunk, warpColumn,
                             columnTiles() * kColumns, tile.rows * tile.step);
    SmallVector<SmallVector<Value>> left, right;
    for (int64_t row = 0; row < rowTiles(); ++row)
      left.push_back(
          loadMatrices(kernel.add(leftPlace, index(row * kRows * tile.step))));
    for (int64_t column = 0; column < columnTiles(); column += 2) {
      SmallVector<Value> pair = loadMatrices(
          kernel.add(rightPlace, index(column * kColumns * tile.step)));
      right.push_back({pair[0], pair[1]});
      right.push_back({pair[2], pair[3]});
    }
    for (int64_t row = 0; row < rowTiles(); ++row)
      for (int64_t column = 0; column < columnTiles(); ++column) {
        auto sum = MutableArrayRef<Value>(sums).slice(
            4 * (row * columnTiles() + column), 4);
        Value result = NVVM::MmaOp::create(
            b, loc, type, left[row], right[column], ValueRange(sum),
            ArrayRef<int64_t>{kRows, kColumns, kTerms}, std::nullopt,
            NVVM::MMAIntOverflow::wrapped,
            std::array{sign(product.left), sign(product.right)},
            std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
        for (int64_t i = 0; i < 4; ++i)
          sum[i] = LLVM::ExtractValueOp::create(b, loc, result, i);
      }
  }
  return sums;
}

/// A matrix in shared memory as `wgmma` wants it described (PTX ISA, "Matrix
/// descriptor format"): rows of 128 bytes with their chunks exchanged, groups
/// of eight rows one behind the other.
Value MatrixEmitter::describeMatrix(Value place) {
  constexpr uint64_t kSwizzle128 = uint64_t(1) << 62;
  constexpr uint64_t kEightRows = uint64_t(8 * 128 / 16) << 32;
  constexpr uint64_t kUnused = uint64_t(1) << 16;
  Type i64 = b.getI64Type();
  Value address =
      LLVM::PtrToIntOp::create(b, loc, i64, gep(shared, place, kSharedSpace));
  auto number = [&](uint64_t value) -> Value {
    return arith::ConstantOp::create(
        b, loc, b.getI64IntegerAttr(static_cast<int64_t>(value)));
  };
  address = arith::AndIOp::create(b, loc, address, number(0x3FFFF));
  address = arith::ShRUIOp::create(b, loc, address, number(4));
  return arith::OrIOp::create(b, loc, address,
                              number(kSwizzle128 | kEightRows | kUnused));
}

/// The same by warpgroups: begins the products, which are not done before they
/// have been waited for.
SmallVector<Value> MatrixEmitter::emitGroupStep(Value stage,
                                                ValueRange accumulators) {
  const int64_t count = accumulators.size();
  auto type = LLVM::LLVMStructType::getLiteral(
      b.getContext(), SmallVector<Type>(count, b.getI32Type()));
  constexpr int64_t kGroupRows = 64, kWarps = 4;
  Value group = divide(warpRow, kWarps);
  Value left = describeMatrix(
      kernel.add(stage, kernel.mul(group, kGroupRows * tile.step)));
  Value right = describeMatrix(kernel.add(stage, index(tile.rows * tile.step)));
  auto sign = [](const MatrixFactor &factor) {
    return factor.isUnsigned ? NVVM::WGMMATypes::u8 : NVVM::WGMMATypes::s8;
  };
  auto shape =
      NVVM::MMAShapeAttr::get(b.getContext(), kGroupRows, tile.columns, kTerms);
  Value sums = LLVM::UndefOp::create(b, loc, type);
  for (auto [i, value] : llvm::enumerate(accumulators))
    sums = LLVM::InsertValueOp::create(b, loc, sums, value, i);
  NVVM::WgmmaFenceAlignedOp::create(b, loc);
  for (int64_t k = 0; k < tile.step / kTerms; ++k) {
    Value by =
        arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(k * kTerms / 16));
    sums = NVVM::WgmmaMmaAsyncOp::create(
        b, loc, type, sums, arith::AddIOp::create(b, loc, left, by),
        arith::AddIOp::create(b, loc, right, by), shape, sign(product.left),
        sign(product.right), NVVM::WGMMATypes::s32, NVVM::WGMMAScaleOut::one,
        NVVM::WGMMAScaleIn::one, NVVM::WGMMAScaleIn::one, NVVM::MMALayout::row,
        NVVM::MMALayout::col, NVVM::MMAIntOverflowAttr());
  }
  NVVM::WgmmaGroupSyncAlignedOp::create(b, loc);
  SmallVector<Value> results;
  for (int64_t i = 0; i < count; ++i)
    results.push_back(LLVM::ExtractValueOp::create(b, loc, sums, i));
  return results;
}

/// All steps: while one is computed, those behind it are on their way.
SmallVector<Value> MatrixEmitter::emitSteps(ArrayRef<Loader> loaders) {
  const int64_t steps = padded / tile.step;
  for (int64_t step = 0; step + 1 < tile.stages; ++step) {
    if (step < steps)
      for (const Loader &loader : loaders)
        emitLoad(loader, index(step), index(step * tile.stageBytes()));
    NVVM::CpAsyncCommitGroupOp::create(b, loc);
  }
  Value zero = arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(0));
  SmallVector<Value> carried(4 * rowTiles() * columnTiles(), zero);
  carried.push_back(index(0));
  carried.push_back(index((tile.stages - 1) * tile.stageBytes()));
  auto loop =
      scf::ForOp::create(b, loc, index(0), index(steps), index(1), carried);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(loop.getBody());
    Value read = loop.getRegionIterArgs().drop_back().back();
    Value written = loop.getRegionIterArgs().back();
    NVVM::CpAsyncWaitGroupOp::create(b, loc, tile.stages - 2);
    // Warpgroups read shared memory by another way than threads write it.
    if (tile.usesWarpgroups)
      NVVM::FenceProxyOp::create(
          b, loc, NVVM::ProxyKind::async_shared,
          NVVM::SharedSpaceAttr::get(b.getContext(),
                                     NVVM::SharedSpace::shared_cta));
    // Every thread's part has come, and nobody reads the stage that is next.
    gpu::BarrierOp::create(b, loc);
    ValueRange carriedSums = loop.getRegionIterArgs().drop_back(2);
    // Warpgroups compute while the threads go on and load.
    SmallVector<Value> sums;
    if (tile.usesWarpgroups)
      sums = emitGroupStep(read, carriedSums);
    Value next = kernel.add(loop.getInductionVar(), index(tile.stages - 1));
    Value isThere = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult,
                                          next, index(steps));
    auto condition = scf::IfOp::create(b, loc, isThere);
    {
      OpBuilder::InsertionGuard inner(b);
      b.setInsertionPointToStart(condition.thenBlock());
      for (const Loader &loader : loaders)
        emitLoad(loader, next, written);
    }
    NVVM::CpAsyncCommitGroupOp::create(b, loc);
    if (tile.usesWarpgroups)
      NVVM::WgmmaWaitGroupSyncOp::create(b, loc, uint64_t(0));
    else
      sums = emitStep(read, carriedSums);
    auto advance = [&](Value stage) -> Value {
      Value following = kernel.add(stage, index(tile.stageBytes()));
      Value isLast =
          arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, following,
                                index(tile.stages * tile.stageBytes()));
      return arith::SelectOp::create(b, loc, isLast, index(0), following);
    };
    sums.push_back(advance(read));
    sums.push_back(advance(written));
    scf::YieldOp::create(b, loc, sums);
  }
  return SmallVector<Value>(loop.getResults().drop_back(2));
}

/// What follows the product, on each element in its register.
void MatrixEmitter::emitResults(ValueRange accumulators) {
  SmallVector<int64_t> rowSizes, columnSizes;
  for (unsigned loop : product.left.rows)
    rowSizes.push_back(nest.sizes[loop]);
  for (unsigned loop : product.right.rows)
    columnSizes.push_back(nest.sizes[loop]);
  Value rowOfTile =
      kernel.add(kernel.add(blockRow, kernel.mul(warpRow, rowTiles() * kRows)),
                 divide(lane, 4));
  Value columnOfTile = kernel.add(
      kernel.add(blockColumn, kernel.mul(warpColumn, columnTiles() * kColumns)),
      kernel.mul(remainder(lane, 4), 2));
  /// A row or a column: its positions along its loops, and whether it is one.
  struct Line {
    SmallVector<Value> ivs;
    Value isInside;
  };
  auto makeLine = [&](Value number, int64_t count, int64_t size,
                      ArrayRef<int64_t> sizes) {
    Line line;
    if (count % size != 0) {
      line.isInside = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult,
                                            number, index(count));
      number = kernel.min(number, count - 1);
    }
    line.ivs = kernel.delinearize(number, sizes);
    return line;
  };
  SmallVector<Line> columns;
  for (int64_t column = 0; column < columnTiles(); ++column)
    for (int64_t i = 0; i < 2; ++i)
      columns.push_back(
          makeLine(kernel.add(columnOfTile, index(column * kColumns + i)),
                   product.columnCount, tile.columns, columnSizes));
  SmallVector<Value> ivs(nest.sizes.size());
  for (auto [loop, iv] : llvm::zip_equal(product.batch, batchIvs))
    ivs[loop] = iv;
  for (int64_t row = 0; row < rowTiles(); ++row)
    for (int64_t half = 0; half < 2; ++half) {
      Line line = makeLine(kernel.add(rowOfTile, index(row * kRows + half * 8)),
                           product.rowCount, tile.rows, rowSizes);
      for (auto [loop, iv] : llvm::zip_equal(product.left.rows, line.ivs))
        ivs[loop] = iv;
      for (auto [number, column] : llvm::enumerate(columns)) {
        for (auto [loop, iv] : llvm::zip_equal(product.right.rows, column.ivs))
          ivs[loop] = iv;
        Value value = accumulators[4 * (row * columnTiles() + number / 2) +
                                   2 * half + number % 2];
        Value initial = nest.init ? kernel.evaluate(*nest.init, ivs)
                                  : kernel.load(nest.accumulator, ivs);
        if (kernel.hasFailed())
          return;
        value = arith::AddIOp::create(b, loc, value, initial);
        if (nest.epilogue)
          value = kernel.evaluate(*nest.epilogue, ivs, value);
        if (kernel.hasFailed())
          return;
        Value isInside = line.isInside;
        if (isInside && column.isInside)
          isInside = arith::AndIOp::create(b, loc, isInside, column.isInside);
        else if (column.isInside)
          isInside = column.isInside;
        OpBuilder::InsertionGuard guard(b);
        if (isInside) {
          auto condition = scf::IfOp::create(b, loc, isInside);
          b.setInsertionPointToStart(condition.thenBlock());
        }
        kernel.store(value, nest.output, ivs);
      }
    }
}

LogicalResult MatrixEmitter::emit() {
  emitShared();
  emitNumbers();
  const Loader loaders[] = {emitLoader(product.left, /*isRight=*/false),
                            emitLoader(product.right, /*isRight=*/true)};
  SmallVector<Value> accumulators = emitSteps(loaders);
  emitResults(accumulators);
  if (kernel.hasFailed())
    return failure();
  kernel.finish({int64_t(llvm::divideCeil(product.rowCount, tile.rows)),
                 int64_t(llvm::divideCeil(product.columnCount, tile.columns)),
                 product.batchCount},
                tile.threads(), tile.stages * tile.stageBytes());
  return failure(kernel.hasFailed());
}

LogicalResult mlir::qopt::emitMatrixKernel(KernelBuilder &kernel,
                                           const Nest &nest,
                                           const MatrixProduct &product,
                                           const MatrixTile &tile) {
  return MatrixEmitter(kernel, nest, product, tile).emit();
}
