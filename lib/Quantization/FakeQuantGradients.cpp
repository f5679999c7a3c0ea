//===- FakeQuantGradients.cpp - Gradients through fake quantization -------===//
//
// Rounding has a derivative of zero almost everywhere. Each kind of function
// puts another one in its place:
//
//   ste        Bengio, Leonard, Courville 2013 (arXiv:1308.3432), with the mask
//              of torch.fake_quantize_per_tensor_affine, on the rounded index;
//   ste-range  TensorFlow's FakeQuantWithMinMaxVarsGradient, with the mask on
//              the value, and gradients of the range's two ends;
//   lsq        Esser and others 2020, "Learned step size quantization"
//              (arXiv:1902.08153), with the gradient of the zero point that
//              torch's _fake_quantize_learnable_per_tensor_affine has.
//
//===----------------------------------------------------------------------===//

#include "FakeQuantForm.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>

using namespace mlir;
using namespace mlir::qopt;

using Predicate = arith::CmpFPredicate;

namespace {
/// One element, with what its gradients are made of.
struct Element {
  OpBuilder &b;
  Location loc;
  const FakeQuantShape &shape;
  Value x, scale, zero, dy;

  Element(OpBuilder &b, Location loc, const FakeQuantShape &shape,
          ValueRange args)
      : b(b), loc(loc), shape(shape), x(args[0]), scale(args[1]),
        zero(shape.hasZeroPoint ? args[2] : Value()),
        dy(args[shape.hasZeroPoint ? 3 : 2]) {}

  Value number(double value) { return emitNumber(b, loc, value); }
  Value compare(Predicate predicate, Value left, Value right) {
    return arith::CmpFOp::create(b, loc, predicate, left, right);
  }
  Value select(Value condition, Value yes, Value no) {
    return arith::SelectOp::create(b, loc, condition, yes, no);
  }
  Value steps() { return arith::DivFOp::create(b, loc, x, scale); }
  Value round(Value value) { return math::RoundEvenOp::create(b, loc, value); }
  Value shift(Value value) {
    return zero ? Value(arith::AddFOp::create(b, loc, value, zero)) : value;
  }
  Value unshift(Value value) {
    return zero ? Value(arith::SubFOp::create(b, loc, value, zero)) : value;
  }

  /// An end of the range as a real number.
  Value end(int64_t stored) {
    return arith::MulFOp::create(b, loc, unshift(number(stored)), scale);
  }

  /// Whether the stored value is not clipped from below, or from above. NaN is
  /// clipped from below, as it is stored.
  Value isNotBelow(Value index) {
    return compare(Predicate::OGE, index, number(shape.min));
  }
  Value isNotAbove(Value index) {
    return compare(Predicate::ULE, index, number(shape.max));
  }
};

struct GradientBuilder {
  OpBuilder &builder;
  Location loc;
  const FakeQuantShape &shape;
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;

  Value emitEmpty(RankedTensorType type) {
    return tensor::EmptyOp::create(builder, loc, type.getShape(),
                                   type.getElementType());
  }

  /// dx: `body` for each element.
  Value emitElementwise(function_ref<Value(Element &)> body) {
    SmallVector<AffineMap> all(maps);
    all.push_back(builder.getMultiDimIdentityMap(shape.type.getRank()));
    SmallVector<utils::IteratorType> loops(shape.type.getRank(),
                                           utils::IteratorType::parallel);
    return linalg::GenericOp::create(
               builder, loc, shape.type, inputs, emitEmpty(shape.type), all,
               loops,
               [&](OpBuilder &b, Location at, ValueRange args) {
                 Element element(b, at, shape, args);
                 linalg::YieldOp::create(b, at, body(element));
               })
        .getResult(0);
  }

  /// The sum of `body` over the elements of each scale.
  Value emitSum(function_ref<Value(Element &)> body) {
    RankedTensorType type = shape.getParameterType();
    Value none = emitNumber(builder, loc, 0.0);
    Value start = linalg::FillOp::create(builder, loc, none, emitEmpty(type))
                      .getResult(0);
    // Terms first: a sum of them alone is split into lanes like any other.
    Value terms = emitElementwise(body);
    SmallVector<utils::IteratorType> loops(shape.type.getRank(),
                                           utils::IteratorType::reduction);
    if (shape.axis)
      loops[*shape.axis] = utils::IteratorType::parallel;
    SmallVector<AffineMap> both = {
        builder.getMultiDimIdentityMap(shape.type.getRank()),
        getParameterMap(shape, builder.getContext())};
    return linalg::GenericOp::create(
               builder, loc, type, terms, start, both, loops,
               [](OpBuilder &b, Location at, ValueRange args) {
                 Value sum = arith::AddFOp::create(b, at, args[1], args[0]);
                 linalg::YieldOp::create(b, at, sum);
               })
        .getResult(0);
  }

  /// `value` times LSQ's g.
  Value emitScaled(Value value) {
    double g = 1.0 / std::sqrt(double(shape.getCount()) *
                               double(std::max<int64_t>(1, shape.positive)));
    RankedTensorType type = shape.getParameterType();
    AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
    SmallVector<utils::IteratorType> loops(type.getRank(),
                                           utils::IteratorType::parallel);
    return linalg::GenericOp::create(
               builder, loc, type, value, emitEmpty(type),
               ArrayRef<AffineMap>{identity, identity}, loops,
               [&](OpBuilder &b, Location at, ValueRange args) {
                 Value scaled = arith::MulFOp::create(b, at, args[0],
                                                      emitNumber(b, at, g));
                 linalg::YieldOp::create(b, at, scaled);
               })
        .getResult(0);
  }

  /// dy where the rounded index is in the range.
  Value emitByIndex() {
    return emitElementwise([](Element &e) {
      Value index = e.shift(e.round(e.steps()));
      Value isInside = arith::AndIOp::create(e.b, e.loc, e.isNotBelow(index),
                                             e.isNotAbove(index));
      return e.select(isInside, e.dy, e.number(0));
    });
  }

  /// dy where the value is in the range, and the sums of it outside.
  SmallVector<Value> emitByRange() {
    auto sumOutside = [&](bool below) {
      return emitSum([&](Element &e) {
        Value end = e.end(below ? shape.min : shape.max);
        Value isOutside =
            e.compare(below ? Predicate::OLT : Predicate::OGT, e.x, end);
        Value isRange = e.compare(Predicate::UNE, e.scale, e.number(0));
        isOutside = arith::AndIOp::create(e.b, e.loc, isOutside, isRange);
        return e.select(isOutside, e.dy, e.number(0));
      });
    };
    Value dx = emitElementwise([&](Element &e) {
      Value isNotBelow = e.compare(Predicate::OGE, e.x, e.end(shape.min));
      Value isNotAbove = e.compare(Predicate::OLE, e.x, e.end(shape.max));
      Value isInside =
          arith::AndIOp::create(e.b, e.loc, isNotBelow, isNotAbove);
      // A range of no width, which nothing was seen of yet, lets all pass.
      Value isNoRange = e.compare(Predicate::OEQ, e.scale, e.number(0));
      isInside = arith::OrIOp::create(e.b, e.loc, isInside, isNoRange);
      return e.select(isInside, e.dy, e.number(0));
    });
    return {dx, sumOutside(true), sumOutside(false)};
  }

  SmallVector<Value> emitLsq() {
    Value ds = emitSum([&](Element &e) {
      Value steps = e.steps();
      Value rounded = e.round(steps);
      Value index = e.shift(rounded);
      Value slope = arith::SubFOp::create(e.b, e.loc, rounded, steps);
      slope =
          e.select(e.isNotAbove(index), slope, e.unshift(e.number(shape.max)));
      slope =
          e.select(e.isNotBelow(index), slope, e.unshift(e.number(shape.min)));
      return arith::MulFOp::create(e.b, e.loc, e.dy, slope);
    });
    SmallVector<Value> results = {emitByIndex(), emitScaled(ds)};
    if (!shape.hasZeroPoint)
      return results;
    Value dz = emitSum([&](Element &e) {
      Value index = e.shift(e.round(e.steps()));
      Value isInside = arith::AndIOp::create(e.b, e.loc, e.isNotBelow(index),
                                             e.isNotAbove(index));
      Value slope = arith::NegFOp::create(e.b, e.loc, e.scale);
      slope = arith::MulFOp::create(e.b, e.loc, e.dy, slope);
      return e.select(isInside, e.number(0), slope);
    });
    results.push_back(emitScaled(dz));
    return results;
  }
};
} // namespace

func::FuncOp mlir::qopt::emitFakeQuantGradient(OpBuilder &builder, Location loc,
                                               StringRef name,
                                               const FakeQuantShape &shape,
                                               GradientKind kind) {
  RankedTensorType parameter = shape.getParameterType();
  SmallVector<Type> inputs = {shape.type, parameter};
  SmallVector<StringRef> inputNames = {"x", "scale"};
  if (shape.hasZeroPoint) {
    inputs.push_back(parameter);
    inputNames.push_back("zero_point");
  }
  inputs.push_back(shape.type);
  inputNames.push_back("dy");
  SmallVector<Type> results = {shape.type};
  SmallVector<StringRef> resultNames = {"dx"};
  if (kind == GradientKind::SteRange) {
    results.append(2, parameter);
    resultNames.append({"dmin", "dmax"});
  } else if (kind == GradientKind::Lsq) {
    results.append(shape.hasZeroPoint ? 2 : 1, parameter);
    resultNames.push_back("dscale");
    if (shape.hasZeroPoint)
      resultNames.push_back("dzero_point");
  }

  auto func = func::FuncOp::create(builder, loc, name,
                                   builder.getFunctionType(inputs, results));
  func->setAttr(QOptDialect::getGradientAttrName(), builder.getUnitAttr());
  for (auto [index, text] : llvm::enumerate(inputNames))
    func.setArgAttr(index, QOptDialect::getNameAttrName(),
                    builder.getStringAttr(text));
  for (auto [index, text] : llvm::enumerate(resultNames))
    func.setResultAttr(index, QOptDialect::getNameAttrName(),
                       builder.getStringAttr(text));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(func.addEntryBlock());

  AffineMap identity = builder.getMultiDimIdentityMap(shape.type.getRank());
  AffineMap scales = getParameterMap(shape, builder.getContext());
  GradientBuilder gradient{builder,
                           loc,
                           shape,
                           llvm::to_vector_of<Value>(func.getArguments()),
                           {identity}};
  gradient.maps.append(shape.hasZeroPoint ? 2 : 1, scales);
  gradient.maps.push_back(identity);
  SmallVector<Value> values;
  switch (kind) {
  case GradientKind::None:
    llvm_unreachable("no gradients are wanted");
  case GradientKind::Ste:
    values = {gradient.emitByIndex()};
    break;
  case GradientKind::SteRange:
    values = gradient.emitByRange();
    break;
  case GradientKind::Lsq:
    values = gradient.emitLsq();
    break;
  }
  func::ReturnOp::create(builder, loc, values);
  return func;
}
