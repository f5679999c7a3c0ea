//===- RuntimePacking.cpp - Weights computed at run time ------------------===//

#include "RuntimePacking.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::qopt;

namespace {

class Packer {
public:
  Packer(OpBuilder &builder, LaneBuilder &lanes, const Contraction &contraction,
         const MicroKernel &kernel, const RuntimePacking &packing)
      : b(builder), lanes(lanes), nest(lanes.nest), c(contraction),
        kernel(kernel), packing(packing), loc(lanes.loc),
        source(nest.inputs[contraction.weights]), group(kernel.group) {
    groups = llvm::divideCeil(c.runLength, group);
    for (unsigned loop : c.outer)
      outerSteps *= nest.sizes[loop];
  }

  void emit(const Point &batch);

private:
  void emitPanel(Point point, Value base, int64_t width);
  int64_t emitBlocks(const Point &point, Value target, int64_t width);
  void emitInterleaved(const Point &point, Value target, int64_t width);
  void emitGroup(const Point &point, Value target, int64_t width,
                 int64_t terms);
  void emitCompensation();

  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value add(Value value, int64_t amount) {
    return amount == 0 ? value
                       : arith::AddIOp::create(b, loc, value, constant(amount))
                             .getResult();
  }
  Value multiplyAdd(Value value, int64_t factor, Value addend) {
    Value product = arith::MulIOp::create(b, loc, value, constant(factor));
    return addend ? arith::AddIOp::create(b, loc, addend, product) : product;
  }
  template <typename Body>
  void loop(int64_t begin, int64_t end, int64_t step, Body body) {
    auto forOp = scf::ForOp::create(b, loc, constant(begin), constant(end),
                                    constant(step));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(forOp.getBody());
    body(forOp.getInductionVar());
  }
  template <typename Body>
  void loop(int64_t end, int64_t step, Body body) {
    loop(0, end, step, body);
  }
  /// Columns of a panel that `point` stands at the first one of.
  int64_t countColumns(const Point &point, int64_t width) const {
    if (point.ivs[c.column])
      return width;
    return std::min(width, nest.sizes[c.column] - point.shifts[c.column]);
  }
  Value load(VectorType type, Value index) {
    return vector::LoadOp::create(b, loc, type, packing.source,
                                  ValueRange{index});
  }
  void storeVector(Value vector, Value index) {
    vector::StoreOp::create(b, loc, vector, packing.packed, ValueRange{index});
  }
  void store(Value value, Value index) {
    memref::StoreOp::create(b, loc, value, packing.packed, ValueRange{index});
  }

  OpBuilder &b;
  LaneBuilder &lanes;
  Nest &nest;
  const Contraction &c;
  const MicroKernel &kernel;
  const RuntimePacking &packing;
  Location loc;
  const Access &source;
  int64_t group;
  int64_t groups = 1;
  int64_t outerSteps = 1;
};

/// Where a column's terms follow each other in memory and a group is a word:
/// square blocks of words are transposed in registers. Returns the terms of
/// the run that this packs, from the first one on.
int64_t Packer::emitBlocks(const Point &point, Value target, int64_t width) {
  constexpr int64_t kWord = 32;
  if (source.strides[c.run.front()] != 1 ||
      group * source.element.getIntOrFloatBitWidth() != kWord ||
      countColumns(point, width) < width)
    return 0;
  const int64_t full = c.runLength / group;
  int64_t size = kernel.lanes;
  while (size > full)
    size /= 2;
  if (size < 4)
    return 0;
  auto terms = VectorType::get({size * group}, source.element);
  auto words = VectorType::get({size}, b.getI32Type());
  const int64_t packed = full / size * size * group;
  loop(packed, size * group, [&](Value k) {
    Point at = point;
    at.ivs[c.run.front()] = k;
    Value first = lanes.index(source, at);
    Value to = multiplyAdd(k, width, target);
    loop(width, size, [&](Value column) {
      SmallVector<Value> rows;
      Value from = multiplyAdd(column, source.strides[c.column], first);
      for (int64_t i = 0; i < size; ++i)
        rows.push_back(vector::BitCastOp::create(
            b, loc, words,
            load(terms, add(from, i * source.strides[c.column]))));
      Value start = multiplyAdd(column, group, to);
      for (auto [i, row] : llvm::enumerate(emitTranspose(b, loc, rows)))
        storeVector(vector::BitCastOp::create(b, loc, terms, row),
                    add(start, int64_t(i) * group * width));
    });
  });
  return packed;
}

/// A group of all columns of a panel that are neighbours in memory: rows of
/// terms are interleaved.
void Packer::emitInterleaved(const Point &point, Value target, int64_t width) {
  auto row = VectorType::get({kernel.lanes}, source.element);
  Value first = lanes.index(source, point);
  loop(width, kernel.lanes, [&](Value column) {
    Value from = arith::AddIOp::create(b, loc, first, column);
    SmallVector<Value> rows;
    for (int64_t i = 0; i < group; ++i)
      rows.push_back(load(row, add(from, i * source.strides[c.run.front()])));
    while (rows.size() > 1) {
      const size_t half = rows.size() / 2;
      for (size_t i = 0; i < half; ++i)
        rows[i] = vector::InterleaveOp::create(b, loc, rows[i], rows[half + i]);
      rows.resize(half);
    }
    storeVector(rows.front(), multiplyAdd(column, group, target));
  });
}

/// `terms` of a group for each column of a panel; the rest are zeros. `point`
/// stands at the panel's first column and the group's first term.
void Packer::emitGroup(const Point &point, Value target, int64_t width,
                       int64_t terms) {
  const int64_t columns = countColumns(point, width);
  const int64_t runStride = source.strides[c.run.front()];
  if (source.strides[c.column] == 1 && columns == width && terms == group &&
      llvm::isPowerOf2_64(group))
    return emitInterleaved(point, target, width);
  Value first = lanes.index(source, point);
  Value zero = arith::ConstantOp::create(
      b, loc, cast<TypedAttr>(b.getZeroAttr(source.element)));
  loop(columns, 1, [&](Value column) {
    Value from = multiplyAdd(column, source.strides[c.column], first);
    Value to = multiplyAdd(column, group, target);
    for (int64_t i = 0; i < group; ++i) {
      Value value = zero;
      if (i < terms)
        value =
            memref::LoadOp::create(b, loc, packing.source,
                                   ValueRange{arith::AddIOp::create(
                                       b, loc, from, constant(i * runStride))});
      store(value, arith::AddIOp::create(b, loc, to, constant(i)));
    }
  });
  if (columns < width)
    loop((width - columns) * group, 1, [&](Value i) {
      Value to = arith::AddIOp::create(b, loc, target, i);
      store(zero, arith::AddIOp::create(b, loc, to, constant(columns * group)));
    });
}

void Packer::emitPanel(Point point, Value base, int64_t width) {
  // The loops around the run, then the run by groups.
  std::function<void(unsigned, Point, Value)> outer =
      [&](unsigned depth, Point at, Value linear) {
        if (depth < c.outer.size()) {
          unsigned dim = c.outer[depth];
          loop(nest.sizes[dim], 1, [&](Value iv) {
            Point inner = at;
            inner.ivs[dim] = iv;
            outer(depth + 1, inner,
                  linear ? multiplyAdd(linear, nest.sizes[dim], iv) : iv);
          });
          return;
        }
        Value target = base;
        if (linear)
          target = multiplyAdd(linear, groups * group * width, base);
        unsigned run = c.run.front();
        int64_t full = c.runLength / group;
        const int64_t packed = emitBlocks(at, target, width);
        if (packed < full * group)
          loop(packed, full * group, group, [&](Value k) {
            Point inner = at;
            inner.ivs[run] = k;
            emitGroup(inner, multiplyAdd(k, width, target), width, group);
          });
        if (full < groups) {
          at.shifts[run] += full * group;
          Value to = arith::AddIOp::create(b, loc, target,
                                           constant(full * group * width));
          emitGroup(at, to, width, c.runLength - full * group);
        }
      };
  outer(0, point, Value());
}

/// Column sums by the kernel itself, with activations of one.
void Packer::emitCompensation() {
  auto words = VectorType::get({int64_t(kernel.lanes)}, b.getI32Type());
  MicroKernel::Parts ones = kernel.emitOnes(b, loc);
  Value zero = arith::ConstantOp::create(
      b, loc, DenseElementsAttr::get(words, int32_t(0)));
  Value factor = arith::ConstantOp::create(
      b, loc, DenseElementsAttr::get(words, -kernel.getShift(c.isUnsigned)));
  int64_t columnSize = outerSteps * groups * group;
  auto panel = [&](Value firstColumn, int64_t width) {
    Value base = multiplyAdd(firstColumn, columnSize, Value());
    for (int64_t v = 0; v < width / kernel.lanes; ++v) {
      Value from = arith::AddIOp::create(b, loc, base,
                                         constant(v * kernel.lanes * group));
      auto sum = scf::ForOp::create(b, loc, constant(0),
                                    constant(outerSteps * groups), constant(1),
                                    SmallVector<Value>(kernel.rows, zero));
      {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToStart(sum.getBody());
        Value at = multiplyAdd(sum.getInductionVar(), width * group, from);
        MicroKernel::Parts loaded =
            kernel.emitWeights(b, loc, packing.packed, at);
        SmallVector<Value> next(sum.getRegionIterArgs());
        kernel.emitStep(b, loc, next, ones, loaded);
        scf::YieldOp::create(b, loc, next);
      }
      SmallVector<Value> rows(sum.getResults());
      kernel.emitArrangement(b, loc, rows);
      Value value = arith::MulIOp::create(b, loc, rows.front(), factor);
      Value to = arith::AddIOp::create(b, loc, firstColumn,
                                       constant(v * kernel.lanes));
      vector::StoreOp::create(b, loc, value, packing.compensation,
                              ValueRange{to});
    }
  };
  if (packing.full > 0)
    loop(packing.full * packing.width, packing.width,
         [&](Value column) { panel(column, packing.width); });
  if (packing.lastWidth > 0)
    panel(constant(packing.full * packing.width), packing.lastWidth);
}

void Packer::emit(const Point &batch) {
  int64_t columnSize = outerSteps * groups * group;
  if (packing.full > 0)
    loop(packing.full * packing.width, packing.width, [&](Value column) {
      Point point = batch;
      point.ivs[c.column] = column;
      emitPanel(point, multiplyAdd(column, columnSize, Value()), packing.width);
    });
  if (packing.lastWidth > 0) {
    Point point = batch;
    point.shifts[c.column] += packing.full * packing.width;
    emitPanel(point, constant(packing.full * packing.width * columnSize),
              packing.lastWidth);
  }
  if (packing.compensation)
    emitCompensation();
}

} // namespace

void mlir::qopt::emitRuntimePacking(OpBuilder &builder, LaneBuilder &lanes,
                                    const Contraction &contraction,
                                    const MicroKernel &kernel,
                                    const Point &batch,
                                    const RuntimePacking &packing) {
  Packer(builder, lanes, contraction, kernel, packing).emit(batch);
}
