//===- InsertFakeQuant.cpp - A calibrated model for a trainer -------------===//
//
// Nothing is decided here: the passes that decide for the integer form run, and
// what they put around values becomes fake quantization.
//
//===----------------------------------------------------------------------===//

#include "FakeQuantForm.h"
#include "Selection.h"
#include "quantopt/Analysis/ConstantFolding.h"
#include "quantopt/Quantization/Passes.h"
#include "quantopt/Support/Config.h"
#include "quantopt/Support/Npz.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSwitch.h"

#include <cmath>
#include <limits>

namespace mlir::qopt {
#define GEN_PASS_DEF_INSERTFAKEQUANT
#include "quantopt/Quantization/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {
/// A fake quantization and what it is called.
struct Point {
  FakeQuantOp op;
  std::string name;
  /// Points of one number have the same parameters and must keep them so.
  void *group;
};

/// What one group of points reads.
struct Parameters {
  Value scale, zero;
};

struct InsertFakeQuant : qopt::impl::InsertFakeQuantBase<InsertFakeQuant> {
  using InsertFakeQuantBase::InsertFakeQuantBase;

  bool isLinalg = false, areArguments = false;
  GradientKind kind = GradientKind::None;
  QuantizeWeightsOptions weightOptions;
  PropagateParamsOptions propagateOptions;
  quantopt::NpzWriter initial;

  void runOnOperation() override {
    if (failed(readOptions()))
      return signalPassFailure();
    ModuleOp module = getOperation();
    initial = {};
    SmallVector<func::FuncOp> functions;
    for (auto func : module.getOps<func::FuncOp>())
      if (!func.isExternal())
        functions.push_back(func);
    for (func::FuncOp func : functions)
      if (failed(rewrite(func)))
        return signalPassFailure();
    module->removeAttr(QOptDialect::getExplainAttrName());
    if (areArguments)
      if (llvm::Error error = initial.write(values)) {
        emitError(module.getLoc()) << llvm::toString(std::move(error));
        signalPassFailure();
      }
  }

  LogicalResult readOptions() {
    Location loc = getOperation().getLoc();
    auto known = llvm::StringSwitch<std::optional<GradientKind>>(gradients)
                     .Case("none", GradientKind::None)
                     .Case("ste", GradientKind::Ste)
                     .Case("ste-range", GradientKind::SteRange)
                     .Case("lsq", GradientKind::Lsq)
                     .Default(std::nullopt);
    if ((form != "op" && form != "linalg") || !known ||
        (parameters != "constants" && parameters != "arguments") ||
        (weightScales != "calibrated" && weightScales != "lsq"))
      return emitError(loc, "qopt-insert-fake-quant takes form=op|linalg, "
                            "parameters=constants|arguments, "
                            "weight-scales=calibrated|lsq and "
                            "gradients=none|ste|ste-range|lsq");
    kind = *known;
    isLinalg = form == "linalg";
    areArguments = parameters == "arguments";
    if (areArguments && (!isLinalg || values.empty()))
      return emitError(loc, "parameters=arguments needs form=linalg, and "
                            "values=FILE.npz for what they start from");
    if (!areArguments && !values.empty())
      return emitError(loc, "values=FILE.npz needs parameters=arguments");
    quantopt::Config settings;
    if (!config.empty()) {
      llvm::Expected<quantopt::Config> read = quantopt::Config::load(config);
      if (!read)
        return emitError(loc) << llvm::toString(read.takeError());
      settings = std::move(*read);
    }
    weightOptions = getWeightOptions(settings);
    propagateOptions = getPropagateOptions(settings);
    return success();
  }

  LogicalResult rewrite(func::FuncOp func) {
    // What is stored in 8 bits from here on stays float for the trainer.
    SmallVector<std::pair<OpOperand *, Value>> weights;
    // What the configuration keeps in float stays marked for the way back, and
    // so do contractions that turn out to have no integer form.
    llvm::SmallPtrSet<Operation *, 8> keptFloat;
    bool isCalibrated = false, hasWeightOnly = false;
    func.walk([&](Operation *op) {
      if (op->hasAttr(kFloatAttr))
        keptFloat.insert(op);
      isCalibrated |= isa<ObserveOp, FakeQuantOp>(op) || isDynamic(op);
      hasWeightOnly |= isWeightOnly(op);
      auto quantizable = dyn_cast<QuantizableOpInterface>(op);
      if (!quantizable || getRole(op) != QuantRole::Contraction)
        return;
      for (OpOperand &operand : op->getOpOperands())
        if (quantizable.getOperandKind(operand) == OperandKind::Weight)
          weights.push_back({&operand, operand.get()});
    });
    if (!isCalibrated && hasWeightOnly)
      return func.emitOpError(
          "has the scheme weight-only, which computes in float: nothing is to "
          "be trained; take another scheme, or leave out "
          "qopt-insert-fake-quant");
    if (!isCalibrated)
      return func.emitOpError(
          "holds nothing calibrated; run qopt-quantize with "
          "--compile-to=calibrate first");

    OpPassManager decide(func::FuncOp::getOperationName());
    addDecidingPasses(decide, weightOptions, propagateOptions);
    decide.addPass(createInsertQDQ());
    if (failed(runPipeline(decide, func)))
      return failure();

    SmallVector<Point> points = replaceWeights(weights);
    replacePairs(func, points);
    func.walk([&](Operation *op) {
      op->removeAttr(kIntegerAttr);
      auto reason = op->getAttrOfType<StringAttr>(kFloatAttr);
      if (!reason || keptFloat.contains(op))
        return;
      if (getRole(op) == QuantRole::Contraction)
        emitRemark(op->getLoc(), "'")
            << op->getName() << "' '" << getName(op)
            << "' stays in float: " << reason.getValue();
      else
        op->removeAttr(kFloatAttr);
    });
    if (isLinalg || kind != GradientKind::None)
      for (Point &point : points)
        if (getNumerics(point.op).getRounding() != Rounding::HalfEven)
          return point.op.emitOpError(
              "does not round half to even, as form=linalg and gradients do; "
              "take form=op or another qopt.numerics");
    if (kind != GradientKind::None)
      addGradients(func, points);
    return isLinalg ? expand(func, points) : success();
  }

  /// Weights that were stored are float again, behind their fake quantization.
  SmallVector<Point>
  replaceWeights(ArrayRef<std::pair<OpOperand *, Value>> weights) {
    SmallVector<Point> points;
    auto halfEven =
        NumericsAttr::get(&getContext(), Rounding::HalfEven, Multiplier::F32);
    for (auto [operand, before] : weights) {
      auto stored = operand->get().getDefiningOp<DequantizeOp>();
      if (!stored || operand->get() == before)
        continue;
      OpBuilder builder(stored);
      // Weights are stored half to even, whatever the module does.
      Operation *owner = operand->getOwner();
      bool isUsual = getNumerics(owner).getRounding() == Rounding::HalfEven;
      quant::QuantizedType type = stored.getType();
      if (weightScales == "lsq")
        type = startAsLsq(type, before);
      auto fake = FakeQuantOp::create(
          builder, stored.getLoc(), before.getType(), before,
          TypeAttr::get(type), isUsual ? NumericsAttr() : halfEven);
      operand->set(fake);
      Operation *bytes = stored.getInput().getDefiningOp();
      stored.erase();
      if (bytes && bytes->use_empty())
        bytes->erase();
      std::string name = getName(owner).str() + ".weights";
      // The second factor of an operation that has several constant ones.
      if (!points.empty() && points.back().name == name)
        name += Twine(operand->getOperandNumber()).str();
      points.push_back({fake, name, fake.getOperation()});
    }
    return points;
  }

  /// `type` with the scales that LSQ starts from, `2 mean|w| / sqrt(Qp)`.
  /// Channels of zeros keep theirs.
  static quant::QuantizedType startAsLsq(quant::QuantizedType type,
                                         Value weights) {
    UniformParams params = *UniformParams::get(type);
    std::optional<ConstantTensor> constant = getConstantTensor(weights);
    ElementsAttr whole =
        constant
            ? materialize(*constant, cast<RankedTensorType>(weights.getType()))
            : ElementsAttr();
    if (!whole)
      return type;
    FailureOr<ConstantValues<float>> values = readFloats(whole);
    if (failed(values) || values->size() == 0)
      return type;
    int64_t count = params.scales.size(), inner = values->size();
    if (params.axis) {
      inner = 1;
      for (int64_t size : cast<RankedTensorType>(weights.getType())
                              .getShape()
                              .drop_front(*params.axis + 1))
        inner *= size;
    }
    SmallVector<double> sums(count, 0.0);
    for (auto [index, value] : llvm::enumerate(*values))
      sums[int64_t(index) / inner % count] += std::fabs(value);
    const double elements = double(values->size()) / double(count);
    for (auto [scale, sum] : llvm::zip_equal(params.scales, sums)) {
      double own = 2 * (sum / elements) / std::sqrt(double(params.storageMax));
      if (float(own) >= std::numeric_limits<float>::min())
        scale = float(own);
    }
    if (!params.axis)
      return quant::UniformQuantizedType::get(
          type.getFlags(), type.getStorageType(), type.getExpressedType(),
          params.scales[0], params.zeroPoints[0], params.storageMin,
          params.storageMax);
    return quant::UniformQuantizedPerAxisType::get(
        type.getFlags(), type.getStorageType(), type.getExpressedType(),
        params.scales, params.zeroPoints, int32_t(*params.axis),
        params.storageMin, params.storageMax);
  }

  static StringRef getName(Operation *op) {
    auto name = op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName());
    return name ? name.getValue() : op->getName().stripDialect();
  }

  /// A value before it was rounded.
  static Value getRounded(Value value) {
    if (auto dequantize = value.getDefiningOp<DequantizeOp>())
      if (auto quantize = dequantize.getInput().getDefiningOp<QuantizeOp>())
        return quantize.getInput();
    return value;
  }

  void replacePairs(func::FuncOp func, SmallVectorImpl<Point> &points) {
    // Values that an operation on integers only moves have one type.
    llvm::EquivalenceClasses<void *> groups;
    auto enter = [&](Value value) {
      void *key = getRounded(value).getAsOpaquePointer();
      groups.insert(key);
      return key;
    };
    SmallVector<DequantizeOp> pairs;
    func.walk([&](Operation *op) {
      auto dequantize = dyn_cast<DequantizeOp>(op);
      if (dequantize && dequantize.getInput().getDefiningOp<QuantizeOp>())
        pairs.push_back(dequantize);
      if (!isInteger(op) || getRole(op) != QuantRole::SameScale)
        return;
      void *result = enter(op->getResult(0));
      for (OpOperand &operand : op->getOpOperands())
        if (isActivation(operand))
          groups.unionSets(result, enter(operand.get()));
    });
    // A pair may round what another one made, which is about to be replaced.
    SmallVector<void *> keys;
    for (DequantizeOp dequantize : pairs)
      keys.push_back(enter(dequantize.getResult()));
    for (auto [dequantize, key] : llvm::zip_equal(pairs, keys)) {
      auto quantize = dequantize.getInput().getDefiningOp<QuantizeOp>();
      if (quantize.getType() != dequantize.getType())
        continue;
      OpBuilder builder(dequantize);
      Point point = {FakeQuantOp::create(
                         builder, dequantize.getLoc(),
                         dequantize.getResult().getType(), quantize.getInput(),
                         quantize.getTypeAttr(), quantize.getNumericsAttr()),
                     getName(quantize).str(), *groups.findLeader(key)};
      dequantize.replaceAllUsesWith(point.op.getResult());
      dequantize.erase();
      if (quantize.use_empty())
        quantize.erase();
      points.push_back(point);
    }
    for (Point &point : points)
      point.op->setAttr(
          QOptDialect::getNameAttrName(),
          StringAttr::get(&getContext(), point.name + ".fake_quant"));
  }

  static std::pair<FakeQuantShape, UniformParams> describe(FakeQuantOp op) {
    UniformParams params = *UniformParams::get(op.getType());
    return {FakeQuantShape::get(op, params), params};
  }

  /// One function for each shape of fake quantization.
  void addGradients(func::FuncOp func, ArrayRef<Point> points) {
    using Made = std::pair<FakeQuantShape, func::FuncOp>;
    llvm::DenseMap<Type, SmallVector<Made>> all;
    SymbolTable symbols(getOperation());
    OpBuilder builder(&getContext());
    for (const Point &point : points) {
      FakeQuantOp op = point.op;
      FakeQuantShape shape = describe(op).first;
      SmallVector<Made> &made = all[shape.type];
      Made *same = llvm::find_if(
          made, [&](const Made &entry) { return entry.first == shape; });
      if (same == made.end()) {
        std::string name = func.getName().str() + "_";
        for (char c : point.name)
          name += llvm::isAlnum(c) ? c : '_';
        builder.clearInsertionPoint();
        made.push_back({shape, emitFakeQuantGradient(builder, op.getLoc(),
                                                     name + "_fake_quant_grad",
                                                     shape, kind)});
        symbols.insert(made.back().second);
        same = &made.back();
      }
      op->setAttr(QOptDialect::getGradientAttrName(),
                  FlatSymbolRefAttr::get(same->second));
    }
  }

  //===--------------------------------------------------------------------===//
  // form=linalg
  //===--------------------------------------------------------------------===//

  LogicalResult expand(func::FuncOp func, ArrayRef<Point> points) {
    if (areArguments && failed(addWeights(func)))
      return failure();
    llvm::MapVector<std::pair<void *, Type>, Parameters> known;
    for (const Point &point : points) {
      FakeQuantOp op = point.op;
      auto [shape, params] = describe(op);
      Parameters &own = known[{point.group, op.getType()}];
      if (!own.scale) {
        SmallVector<float> scales(params.scales.begin(), params.scales.end());
        SmallVector<float> zeros(params.zeroPoints.begin(),
                                 params.zeroPoints.end());
        own.scale =
            addParameter(func, point.name + ".scale", "scale", shape, scales);
        if (shape.hasZeroPoint)
          own.zero = addParameter(func, point.name + ".zero_point",
                                  "zero_point", shape, zeros);
        if (!own.scale || (shape.hasZeroPoint && !own.zero))
          return failure();
      }
      OpBuilder builder(op);
      linalg::GenericOp generic = emitFakeQuant(
          builder, op.getLoc(), shape, op.getInput(), own.scale, own.zero);
      generic->setDiscardableAttrs(op->getDiscardableAttrDictionary());
      op.replaceAllUsesWith(generic.getResult(0));
      op.erase();
    }
    return success();
  }

  Value addParameter(func::FuncOp func, const Twine &name, StringRef what,
                     const FakeQuantShape &shape, ArrayRef<float> numbers) {
    RankedTensorType type = shape.getParameterType();
    OpBuilder builder(func.getBody());
    if (!areArguments)
      return arith::ConstantOp::create(builder, func.getLoc(), type,
                                       DenseElementsAttr::get(type, numbers));
    NamedAttrList attributes;
    attributes.set("kind", builder.getStringAttr(what));
    if (what == "zero_point") {
      attributes.set("min", builder.getI64IntegerAttr(shape.min));
      attributes.set("max", builder.getI64IntegerAttr(shape.max));
    }
    return addArgument(func, name.str(), type, attributes, numbers);
  }

  /// An argument behind all others, and what it starts from; null on failure.
  Value addArgument(func::FuncOp func, StringRef name, RankedTensorType type,
                    NamedAttrList &parameter, ArrayRef<float> numbers) {
    OpBuilder builder(&getContext());
    NamedAttrList attributes;
    attributes.set(QOptDialect::getNameAttrName(), builder.getStringAttr(name));
    attributes.set(QOptDialect::getParameterAttrName(),
                   parameter.getDictionary(&getContext()));
    unsigned index = func.getNumArguments();
    if (failed(func.insertArgument(index, type,
                                   attributes.getDictionary(&getContext()),
                                   func.getLoc())))
      return {};
    initial.add(name, quantopt::NpyType::F32, type.getShape(), numbers.data());
    return func.getArgument(index);
  }

  /// The constant that `value` is, or is broadcast from.
  static arith::ConstantOp getConstant(Value value) {
    while (std::optional<BroadcastSource> source = matchBroadcast(value))
      value = source->value;
    return value.getDefiningOp<arith::ConstantOp>();
  }

  static bool isZero(arith::ConstantOp constant) {
    auto dense = dyn_cast<DenseElementsAttr>(constant.getValue());
    return dense && dense.isSplat() && isa<FloatType>(dense.getElementType()) &&
           dense.getSplatValue<APFloat>().isZero();
  }

  /// The constant that `operand` is or is broadcast from, for it alone: what
  /// has other uses on the way there is copied.
  static arith::ConstantOp isolate(OpOperand &operand) {
    OpOperand *use = &operand;
    while (true) {
      Operation *op = use->get().getDefiningOp();
      std::optional<BroadcastSource> source = matchBroadcast(use->get());
      if (!use->get().hasOneUse()) {
        op = OpBuilder(use->getOwner()).clone(*op);
        op->removeAttr(QOptDialect::getNameAttrName());
        use->set(op->getResult(0));
      }
      if (!source)
        return cast<arith::ConstantOp>(op);
      use = llvm::find_if(op->getOpOperands(), [&](OpOperand &each) {
        return each.get() == source->value;
      });
    }
  }

  /// Weights and biases of contractions become arguments.
  LogicalResult addWeights(func::FuncOp func) {
    SmallVector<std::pair<arith::ConstantOp, std::string>> constants;
    llvm::SmallPtrSet<Operation *, 16> seen;
    func.walk([&](QuantizableOpInterface op) {
      if (getRole(op) != QuantRole::Contraction)
        return;
      for (OpOperand &operand : op->getOpOperands()) {
        OperandKind operandKind = op.getOperandKind(operand);
        bool isBias = operandKind == OperandKind::Accumulator;
        Value value = operand.get();
        if (auto fake = value.getDefiningOp<FakeQuantOp>())
          value = fake.getInput();
        arith::ConstantOp constant = getConstant(value);
        if ((operandKind != OperandKind::Weight && !isBias) || !constant ||
            !isa<RankedTensorType>(constant.getType()))
          continue;
        // Zeros that a sum starts from are no bias; those that are broadcast
        // are one that nobody trained yet.
        if (isBias && constant.getOperation() == value.getDefiningOp() &&
            isZero(constant))
          continue;
        // Equal biases of one number became one constant, and no more than
        // that: each is trained on its own.
        if (isBias && value == operand.get() &&
            cast<ElementsAttr>(constant.getValue()).isSplat())
          constant = isolate(operand);
        if (!seen.insert(constant).second)
          continue;
        constants.push_back(
            {constant, getName(op).str() + (isBias ? ".bias" : ".weights")});
      }
    });
    OpBuilder builder(&getContext());
    for (auto &[constant, name] : constants) {
      FailureOr<ConstantValues<float>> numbers =
          readFloats(cast<ElementsAttr>(constant.getValue()));
      auto type = cast<RankedTensorType>(constant.getType());
      if (failed(numbers) || !type.getElementType().isF32())
        continue;
      NamedAttrList attributes;
      attributes.set(
          "kind", builder.getStringAttr(
                      StringRef(name).ends_with(".bias") ? "bias" : "weights"));
      Value argument = addArgument(func, name, type, attributes, *numbers);
      if (!argument)
        return failure();
      constant.replaceAllUsesWith(argument);
      constant.erase();
    }
    return success();
  }
};
} // namespace
