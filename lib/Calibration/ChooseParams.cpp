//===- ChooseParams.cpp - From statistics to quantized types --------------===//

#include "ChooseParams.h"
#include "Overrides.h"
#include "WidenActivations.h"
#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Interfaces/QuantizableOpInterface.h"
#include "quantopt/Support/RangeEstimator.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace mlir::qopt;

FailureOr<quantopt::Config> mlir::qopt::loadConfig(StringRef path,
                                                   Location loc) {
  if (path.empty())
    return quantopt::Config();
  llvm::Expected<quantopt::Config> config = quantopt::Config::load(path);
  if (!config) {
    emitError(loc) << llvm::toString(config.takeError());
    return failure();
  }
  return std::move(*config);
}

/// Fixed ranges take every step of the storage: [0, 1] in 8 bits is 1/256 and
/// -128, and in 16, which have no zero point, 1/32768, as in TFLite's
/// specification of softmax.
static quantopt::QuantParams
getFixedParams(RealRange range, const quantopt::ActivationSettings &settings) {
  quantopt::QuantParams params;
  params.qmin = settings.qmin();
  params.qmax = settings.qmax();
  if (settings.bits == 16) {
    params.scale =
        float(std::max(-range.min, range.max) / double(params.qmax + 1));
    // An empty side is left out, as of other values of 16 bits.
    if (range.min >= 0)
      params.qmin = 0;
    return params;
  }
  params.scale =
      float((range.max - range.min) / double(params.qmax - params.qmin + 1));
  params.zeroPoint = params.qmin - int64_t(range.min / params.scale);
  return params;
}

/// The parameters of `method`.
static std::optional<quantopt::QuantParams>
estimate(const quantopt::CalibrationRecord &record,
         const quantopt::ActivationSettings &settings,
         quantopt::RangeMethod method) {
  quantopt::RangeOptions options = settings.rangeOptions(method);
  std::optional<quantopt::Range> range =
      quantopt::estimateRange(record.histogram, options, &record.samples);
  if (!range)
    return std::nullopt;
  return quantopt::paramsOfRange(*range, options);
}

/// How much more squared error than the least the wider range may have.
/// Rounding errors of different elements cancel in the sums behind them; what a
/// clipped range cuts off does not, so a range is clipped only where that pays.
static constexpr double kTolerance = 1.5;

/// The range of the percentile where its error is near the least, else that.
static std::optional<quantopt::QuantParams>
estimateAuto(const quantopt::CalibrationRecord &record,
             const quantopt::ActivationSettings &settings,
             quantopt::RangeMethod &taken) {
  taken = quantopt::RangeMethod::Mse;
  std::optional<quantopt::QuantParams> best =
      estimate(record, settings, quantopt::RangeMethod::Mse);
  if (!best)
    return std::nullopt;
  std::optional<quantopt::QuantParams> wide =
      estimate(record, settings, quantopt::RangeMethod::Percentile);
  if (wide &&
      quantopt::quantizationMse(record.histogram, *wide) <=
          kTolerance * quantopt::quantizationMse(record.histogram, *best)) {
    taken = quantopt::RangeMethod::Percentile;
    return wide;
  }
  return best;
}

/// 16 bits have steps to spare, so their range is this much wider than what the
/// samples had: a value beyond it that comes later is not cut off.
static constexpr double kHeadroom = 1.25;

std::optional<quantopt::QuantParams>
mlir::qopt::chooseFor(const quantopt::CalibrationRecord &record,
                      quantopt::ActivationSettings settings,
                      quantopt::RangeMethod *taken) {
  auto by = [&](quantopt::RangeMethod method) {
    if (taken)
      *taken = method;
    return estimate(record, settings, method);
  };
  // 16 bits have room for every value, and no kernel wants a zero point there.
  if (settings.bits == 16) {
    settings.symmetric = true;
    settings.method = quantopt::ActivationMethod::MinMax;
  }
  // Methods weigh values against each other; these have nothing to weigh.
  const quantopt::ValueState state =
      quantopt::classify(record.histogram, settings.qmin(), settings.qmax());
  if (state != quantopt::ValueState::Ordinary)
    settings.method = quantopt::ActivationMethod::MinMax;
  switch (settings.method) {
  case quantopt::ActivationMethod::Auto: {
    quantopt::RangeMethod method;
    std::optional<quantopt::QuantParams> params =
        estimateAuto(record, settings, method);
    if (taken)
      *taken = method;
    return params;
  }
  case quantopt::ActivationMethod::MinMax: {
    std::optional<quantopt::QuantParams> params =
        by(quantopt::RangeMethod::MinMax);
    if (params && settings.bits == 16 &&
        state == quantopt::ValueState::Ordinary) {
      params->scale = float(params->scale * kHeadroom);
      // Without a zero point one side of the range may be empty. Sums then
      // reach less far, and have room for more steps (qopt-fit-accumulators).
      auto toSteps = [&](double end) {
        return int64_t(std::ceil(end * kHeadroom / params->scale));
      };
      params->qmin =
          std::max(params->qmin,
                   -toSteps(std::max(0.0, -double(record.histogram.min()))));
      params->qmax = std::min(
          params->qmax, toSteps(std::max(0.0, double(record.histogram.max()))));
    }
    return params;
  }
  case quantopt::ActivationMethod::MovingAverage:
    return by(quantopt::RangeMethod::MovingAverage);
  case quantopt::ActivationMethod::Percentile:
    return by(quantopt::RangeMethod::Percentile);
  case quantopt::ActivationMethod::Entropy:
    return by(quantopt::RangeMethod::Entropy);
  case quantopt::ActivationMethod::EntropyOrt:
    return by(quantopt::RangeMethod::EntropyOrt);
  case quantopt::ActivationMethod::Mse:
    return by(quantopt::RangeMethod::Mse);
  case quantopt::ActivationMethod::Octav:
    return by(quantopt::RangeMethod::Octav);
  }
  llvm_unreachable("unknown method");
}

void mlir::qopt::setParams(ObserveOp op, const quantopt::QuantParams &params) {
  unsigned width = params.qmin >= -128 && params.qmax <= 127 ? 8 : 16;
  op.setTypeAttr(TypeAttr::get(quant::UniformQuantizedType::get(
      quant::QuantizationFlags::Signed,
      IntegerType::get(op.getContext(), width),
      cast<RankedTensorType>(op.getResult().getType()).getElementType(),
      params.scale, params.zeroPoint, params.qmin, params.qmax)));
}

static StringRef getName(quantopt::RangeMethod method) {
  switch (method) {
  case quantopt::RangeMethod::MinMax:
    return "min-max";
  case quantopt::RangeMethod::Percentile:
    return "percentile";
  case quantopt::RangeMethod::Entropy:
    return "entropy";
  case quantopt::RangeMethod::EntropyOrt:
    return "entropy-ort";
  case quantopt::RangeMethod::Mse:
    return "mse";
  case quantopt::RangeMethod::Octav:
    return "octav";
  case quantopt::RangeMethod::MovingAverage:
    return "moving-average";
  }
  llvm_unreachable("unknown method");
}

std::string mlir::qopt::describeRange(const quantopt::Histogram &histogram,
                                      const quantopt::QuantParams &params) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << llvm::format("[%.5g, %.5g] of ",
                     double(params.qmin - params.zeroPoint) * params.scale,
                     double(params.qmax - params.zeroPoint) * params.scale)
     << histogram.finite()
     << llvm::format(" values in [%.5g, %.5g]", double(histogram.min()),
                     double(histogram.max()));
  return text;
}

/// Whether `value`, which is infinite at times, can stay in float: no
/// contraction reads it, not even moved. What reads it goes into `readers`, and
/// whatever was looked at into `seen`.
static bool collectReaders(Value value, SmallVectorImpl<Operation *> &readers,
                           llvm::SmallPtrSetImpl<Operation *> &seen) {
  for (Operation *user : value.getUsers()) {
    if (isa<ObserveMeansOp>(user) || !seen.insert(user).second)
      continue;
    auto quantizable = dyn_cast<QuantizableOpInterface>(user);
    const QuantRole role =
        quantizable ? quantizable.getQuantRole() : QuantRole::None;
    if (role == QuantRole::Contraction)
      return false;
    const bool passes = role == QuantRole::SameScale || isa<ObserveOp>(user);
    if (role != QuantRole::None)
      readers.push_back(user);
    if (passes && !collectReaders(user->getResult(0), readers, seen))
      return false;
  }
  return true;
}

/// Masks are infinite, in front of a softmax: what makes and what reads them
/// stays in float, where that is possible.
static LogicalResult keepMaskFloat(ObserveOp op,
                                   const quantopt::Histogram &histogram) {
  Operation *producer = op.getInput().getDefiningOp();
  auto quantizable = dyn_cast_or_null<QuantizableOpInterface>(producer);
  SmallVector<Operation *> readers;
  llvm::SmallPtrSet<Operation *, 8> seen;
  // A sum is infinite because something went wrong.
  if (!quantizable || quantizable.getQuantRole() == QuantRole::Contraction ||
      quantizable.getQuantRole() == QuantRole::Sum || histogram.nans() > 0 ||
      histogram.finite() == 0 || !collectReaders(op.getResult(), readers, seen))
    return failure();
  Builder builder(op.getContext());
  producer->setAttr("qopt.float",
                    builder.getStringAttr("it makes infinite values, as a "
                                          "mask does"));
  for (Operation *reader : readers)
    if (!reader->hasAttr("qopt.float"))
      reader->setAttr("qopt.float",
                      builder.getStringAttr("it reads infinite values, as a "
                                            "mask has"));
  return success();
}

/// Reports a histogram from which no range can come.
static LogicalResult checkStatistics(ObserveOp op,
                                     const quantopt::CalibrationRecord *record,
                                     const quantopt::Config &config) {
  if (!record)
    return op->emitOpError("has no statistics under the id '")
           << op.getId()
           << "'; calibrate the model as it is now, or give the table that "
              "belongs to it";
  const quantopt::Histogram &histogram = record->histogram;
  if (histogram.empty())
    return op->emitOpError("'")
           << op.getId()
           << "' is unobserved: it saw no value during calibration; give at "
              "least one sample";
  if (histogram.nonFinite() > 0 &&
      config.nonFinite == quantopt::NonFinitePolicy::Error &&
      failed(keepMaskFloat(op, histogram)))
    return op->emitOpError("'")
           << op.getId() << "' saw " << histogram.nans() << " NaN and "
           << histogram.posInfs() + histogram.negInfs()
           << " infinite values; mend the samples or the model, or set "
              "'non-finite: ignore' in the configuration";
  return success();
}

/// Tells of values that calibration saw nothing of but what fits in one stored
/// number.
static void warnAbout(ObserveOp op, quantopt::ValueState state,
                      const quantopt::Histogram &histogram,
                      const quantopt::QuantParams &params) {
  if (state == quantopt::ValueState::Dead)
    op->emitWarning("'") << op.getId() << "' is dead: all of the "
                         << histogram.finite()
                         << " values that calibration saw are zero; it is "
                            "stored with scale "
                         << params.scale
                         << "; give samples that reach it, or keep it in float";
  if (state == quantopt::ValueState::Tiny)
    op->emitWarning("'")
        << op.getId() << "' is tiny: its values are in "
        << llvm::formatv("[{0:e}, {1:e}]", double(histogram.min()),
                         double(histogram.max()))
        << ", closer to zero than a scale can tell apart; all are stored as "
           "zero; scale the model, or keep it in float";
}

/// "; 5 NaN and 1 infinite values left out", or nothing.
static std::string describeLeftOut(const quantopt::Histogram &histogram) {
  if (histogram.nonFinite() == 0)
    return "";
  return llvm::formatv("; {0} NaN and {1} infinite values left out",
                       histogram.nans(),
                       histogram.posInfs() + histogram.negInfs());
}

/// The share of values that a mean of extremes may cut off without a word. With
/// thousands of values a sample it cuts off a few thousandths at most.
static constexpr double kCutShare = 0.02;

/// Tells of a mean of extremes that cuts off more than outliers: samples of few
/// values, or unlike each other, do not reach as far as all of them together.
static void warnAboutMean(ObserveOp op,
                          const quantopt::CalibrationRecord &record,
                          const quantopt::QuantParams &params) {
  // Half a step beyond the ends is what rounding costs anywhere.
  const double low = (params.qmin - params.zeroPoint - 0.5) * params.scale;
  const double high = (params.qmax - params.zeroPoint + 0.5) * params.scale;
  uint64_t cut = 0;
  for (const quantopt::HistogramBin &bin : record.histogram.bins())
    if (bin.representative < low || bin.representative > high)
      cut += bin.count;
  const uint64_t all = record.histogram.finite();
  if (double(cut) <= kCutShare * double(all))
    return;
  op->emitWarning("'")
      << op.getId() << "': method moving-average cuts off "
      << llvm::formatv("{0:P1} of {1}", double(cut) / double(all),
                       describeRange(record.histogram, params))
      << ": single samples, of " << all / record.samples.count
      << " values, do not reach as far as all; set another 'method'";
}

/// Says that parameters which others choose hold the value just as well.
static void setNoRange(ObserveOp op) {
  op->setAttr(QOptDialect::getNoRangeAttrName(),
              UnitAttr::get(op.getContext()));
}

/// Whether there is nothing that `op` could see.
static bool isEmpty(ObserveOp op) {
  return op.getInput().getType().getNumElements() == 0;
}

/// Parameters of what has no elements: any do.
static void setEmptyParams(ObserveOp op,
                           const quantopt::ActivationSettings &settings) {
  quantopt::QuantParams params;
  params.scale = 1;
  params.qmin = settings.qmin();
  params.qmax = settings.qmax();
  setParams(op, params);
  setNoRange(op);
  explain(op, [] {
    return std::string(getName(quantopt::ValueState::Empty)) +
           ": it has no elements";
  });
}

static LogicalResult assignParams(ObserveOp op,
                                  const quantopt::CalibrationTable &table,
                                  quantopt::Config &config) {
  Operation *producer = op.getInput().getDefiningOp();
  quantopt::ActivationSettings settings = settingsFor(op, config);
  if (settings.keepFloat && producer)
    producer->setAttr("qopt.float",
                      StringAttr::get(op.getContext(), kKeptByConfig));
  if (isEmpty(op)) {
    setEmptyParams(op, settings);
    return success();
  }
  const quantopt::CalibrationRecord *record = table.lookup(op.getId());
  if (failed(checkStatistics(op, record, config)))
    return failure();
  std::optional<quantopt::QuantParams> params;
  if (auto quantizable = dyn_cast_or_null<QuantizableOpInterface>(producer))
    if (std::optional<RealRange> fixed = quantizable.getFixedOutputRange())
      params = getFixedParams(*fixed, settings);
  const bool isFixed = params.has_value();
  if (!isFixed && settings.bits == 8 && !record->hasSamples() &&
      settings.method == quantopt::ActivationMethod::MovingAverage)
    return op->emitOpError("'")
           << op.getId()
           << "' has no extrema of single samples, which method "
              "moving-average needs: its table, or one that was merged into "
              "it, has version 1; calibrate again, or set another 'method'";
  quantopt::RangeMethod method = quantopt::RangeMethod::MinMax;
  if (!params)
    params = chooseFor(*record, settings, &method);
  if (!params)
    return op->emitOpError("'")
           << op.getId()
           << "' saw no finite value, so it has no range to quantize";
  setParams(op, *params);
  const quantopt::ValueState state =
      quantopt::classify(record->histogram, settings.qmin(), settings.qmax());
  if (!isFixed)
    warnAbout(op, state, record->histogram, *params);
  if (!isFixed && (state == quantopt::ValueState::Dead ||
                   state == quantopt::ValueState::Tiny))
    setNoRange(op);
  if (!isFixed && method == quantopt::RangeMethod::MovingAverage)
    warnAboutMean(op, *record, *params);
  explain(op, [&]() -> std::string {
    if (isFixed)
      return "the range of what the operation computes";
    if (state != quantopt::ValueState::Ordinary)
      return std::string(getName(state)) + ": " +
             describeRange(record->histogram, *params) +
             describeLeftOut(record->histogram);
    bool isAuto = settings.method == quantopt::ActivationMethod::Auto &&
                  settings.bits == 8;
    return (isAuto ? "auto took " : "") + getName(method).str() + ": " +
           describeRange(record->histogram, *params) +
           describeLeftOut(record->histogram);
  });
  return success();
}

/// Gives the contraction whose input `op` observes the means of the table,
/// where it has some.
static LogicalResult assignMeans(ObserveMeansOp op,
                                 const quantopt::CalibrationTable &table) {
  const quantopt::CalibrationRecord *record = table.lookup(op.getId());
  if (!record || record->inputMeans.count == 0)
    return success();
  auto type = cast<RankedTensorType>(op.getInput().getType());
  SmallVector<int64_t> sizes;
  for (int64_t channel : op.getChannels())
    sizes.push_back(type.getDimSize(channel));
  auto meansType =
      RankedTensorType::get(sizes, Float32Type::get(op.getContext()));
  const auto &sums = record->inputMeans.sums;
  if (int64_t(sums.size()) != meansType.getNumElements())
    return op->emitOpError("'")
           << op.getId() << "' has the means of " << sums.size()
           << " channels in the table, and " << meansType.getNumElements()
           << " in the model; give the table that belongs to it";
  ConstantBuilder means(meansType);
  for (auto [channel, mean] : llvm::enumerate(means.getMutableData<float>()))
    mean = float(record->inputMeans.mean(channel));
  ElementsAttr attribute =
      std::move(means).finish((op.getId() + ".means").str());
  for (Operation *user : op.getInput().getUsers())
    if (user->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName()) ==
        op.getIdAttr())
      user->setAttr(QOptDialect::getInputMeansAttrName(), attribute);
  return success();
}

LogicalResult mlir::qopt::chooseParams(ModuleOp module,
                                       const quantopt::CalibrationTable &table,
                                       quantopt::Config &config) {
  WalkResult result = module.walk([&](ObserveOp op) -> WalkResult {
    // What came with the model is no matter of samples.
    if (op.getFinal())
      return WalkResult::advance();
    return assignParams(op, table, config);
  });
  if (result.wasInterrupted())
    return failure();
  result = module.walk([&](ObserveMeansOp op) -> WalkResult {
    if (failed(assignMeans(op, table)))
      return failure();
    op.erase();
    return success();
  });
  if (result.wasInterrupted())
    return failure();
  widenActivations(module, table, config);
  return checkOverrides(module, config);
}
