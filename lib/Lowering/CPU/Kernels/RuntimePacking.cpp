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
  void emitGroup(const Point &point, Value target, int64_t width,
                 int64_t terms);
  void emitCompensation();

  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value multiplyAdd(Value value, int64_t factor, Value addend) {
    Value product = arith::MulIOp::create(b, loc, value, constant(factor));
    return addend ? arith::AddIOp::create(b, loc, addend, product) : product;
  }
  /// A loop from 0 to `end`; the builder stands in its body until `exit`.
  template <typename Body>
  void loop(int64_t end, int64_t step, Body body) {
    auto forOp =
        scf::ForOp::create(b, loc, constant(0), constant(end), constant(step));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(forOp.getBody());
    body(forOp.getInductionVar());
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

/// `terms` of a group for each column of a panel; the rest are zeros. `point`
/// stands at the panel's first column and the group's first term.
void Packer::emitGroup(const Point &point, Value target, int64_t width,
                       int64_t terms) {
  int64_t columns = width;
  if (!point.ivs[c.column])
    columns = std::min(width, nest.sizes[c.column] - point.shifts[c.column]);
  int64_t runStride = source.strides[c.run.front()];
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
        if (full > 0)
          loop(full * group, group, [&](Value k) {
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
