//===- WidenActivations.cpp - 16 bits where they cost little --------------===//

#include "WidenActivations.h"
#include "ChooseParams.h"
#include "OutputError.h"
#include "Overrides.h"
#include "quantopt/Interfaces/QuantizableOpInterface.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::qopt;

/// An input gets 16 bits where the middle half of its values spans fewer steps
/// of 8 bits than these: a few large values take the range, as the first
/// coefficients of a spectrum do, and the many small ones that the first layer
/// looks at drown. No later layer brings back what an input lost.
static constexpr double kMinInputSteps = 16.0;

/// The longest sum of products of 16 and 8 bits that an i32 surely holds, with
/// room for a bias: 2^31 / (2^15 * 2^7) is 512.
static constexpr int64_t kMaxDepth = 448;

namespace {
struct Candidate {
  ObserveOp op;
  /// What 8 bits leave behind the contractions, in dB.
  double ratio;
  /// Of those contractions.
  int64_t products;
  /// The parameters in 8 bits.
  quantopt::QuantParams params;
  /// Among the observers of the module, to break ties.
  size_t position;
};
} // namespace

/// Whether several activations share the parameters of `op`: each of them would
/// have to be wide.
static bool sharesParams(QuantizableOpInterface op) {
  return llvm::count_if(op->getOpOperands(), [&](OpOperand &operand) {
           return op.getOperandKind(operand) == OperandKind::Activation;
         }) > 1;
}

/// How many steps of `params` the middle half of the values spans. Zeros are
/// stored exactly and do not count; neither does a single value repeated.
static double getMiddleSteps(const quantopt::Histogram &histogram,
                             const quantopt::QuantParams &params) {
  std::vector<quantopt::HistogramBin> bins = histogram.bins();
  double count = 0.0;
  for (const quantopt::HistogramBin &bin : bins)
    count += bin.representative == 0.0 ? 0.0 : double(bin.count);
  double seen = 0.0;
  const quantopt::HistogramBin *low = nullptr, *high = nullptr;
  for (const quantopt::HistogramBin &bin : bins) {
    if (bin.representative == 0.0)
      continue;
    seen += double(bin.count);
    if (!low && seen > 0.25 * count)
      low = &bin;
    if (!high && seen >= 0.75 * count)
      high = &bin;
  }
  if (low == high)
    return double(params.qmax - params.qmin);
  return (high->upper - low->lower) / params.scale;
}

/// The contractions that read `value`, directly or moved; false where something
/// reads it that takes 8 bits only, or shares its parameters with other values.
static bool collectContractions(Value value,
                                SmallVectorImpl<Operation *> &contractions) {
  for (Operation *user : value.getUsers()) {
    auto quantizable = dyn_cast<QuantizableOpInterface>(user);
    QuantRole role = quantizable ? quantizable.getQuantRole() : QuantRole::None;
    if (role == QuantRole::Unary)
      return false;
    // These choose parameters of their own, or take floats.
    if (role == QuantRole::Contraction &&
        (getDynamic(user) || getWeightOnly(user)))
      return false;
    if (role == QuantRole::Contraction)
      contractions.push_back(user);
    if (role == QuantRole::SameScale &&
        (sharesParams(quantizable) ||
         !collectContractions(user->getResult(0), contractions)))
      return false;
  }
  return true;
}

/// The products that one result of `op` sums.
static int64_t getDepth(QuantizableOpInterface op) {
  auto result = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  return result ? op.getNumProducts() /
                      std::max<int64_t>(1, result.getNumElements())
                : 0;
}

static std::optional<Candidate>
getCandidate(ObserveOp op, const quantopt::CalibrationTable &table,
             quantopt::Config &config) {
  auto type = dyn_cast_or_null<quant::UniformQuantizedType>(
      op.getType().value_or(quant::QuantizedType()));
  Operation *producer = op.getInput().getDefiningOp();
  auto maker = dyn_cast_or_null<QuantizableOpInterface>(producer);
  if (!type || type.getStorageTypeIntegralWidth() != 8 ||
      (maker && maker.getQuantRole() == QuantRole::Unary))
    return std::nullopt;
  if (settingsFor(op, config).bitsAreGiven)
    return std::nullopt;
  SmallVector<Operation *> contractions;
  if (!collectContractions(op.getResult(), contractions))
    return std::nullopt;
  Candidate candidate{op, 0.0, 0, {}, 0};
  for (Operation *contraction : contractions) {
    auto quantizable = cast<QuantizableOpInterface>(contraction);
    candidate.products += quantizable.getNumProducts();
    if (getDepth(quantizable) > kMaxDepth)
      return std::nullopt;
  }
  candidate.params =
      quantopt::QuantParams{type.getScale(), type.getZeroPoint(),
                            type.getStorageTypeMin(), type.getStorageTypeMax()};
  std::optional<double> ratio = getOutputSQNR(op, table, candidate.params);
  if (!ratio)
    return std::nullopt;
  candidate.ratio = *ratio;
  return candidate;
}

void mlir::qopt::widenActivations(ModuleOp module,
                                  const quantopt::CalibrationTable &table,
                                  quantopt::Config &config) {
  int64_t allProducts = 0;
  SmallVector<Candidate> candidates;
  module.walk([&](Operation *op) {
    if (auto quantizable = dyn_cast<QuantizableOpInterface>(op))
      allProducts += quantizable.getNumProducts();
    if (auto observe = dyn_cast<ObserveOp>(op); observe && !observe.getFinal())
      if (std::optional<Candidate> candidate =
              getCandidate(observe, table, config)) {
        candidate->position = candidates.size();
        candidates.push_back(*candidate);
      }
  });
  llvm::sort(candidates, [](const Candidate &a, const Candidate &b) {
    return std::make_pair(a.ratio, a.position) <
           std::make_pair(b.ratio, b.position);
  });
  double budget = config.wideProducts / 100.0 * double(allProducts);
  for (Candidate &candidate : candidates) {
    const quantopt::CalibrationRecord *record =
        table.lookup(candidate.op.getId());
    bool isInput = isa<BlockArgument>(candidate.op.getInput());
    bool isWide = false;
    if (isInput && config.inputBits != quantopt::InputBits::Auto)
      isWide = config.inputBits == quantopt::InputBits::Sixteen;
    else if (isInput && getMiddleSteps(record->histogram, candidate.params) <
                            kMinInputSteps)
      isWide = true;
    else if (double(candidate.products) <= budget) {
      budget -= double(candidate.products);
      isWide = true;
    }
    if (!isWide)
      continue;
    quantopt::ActivationSettings settings = settingsFor(candidate.op, config);
    settings.bits = 16;
    if (std::optional<quantopt::QuantParams> params =
            chooseFor(*record, settings)) {
      setParams(candidate.op, *params);
      explain(candidate.op, [&] {
        return "widened to 16 bits, since 8 leave " +
               llvm::formatv("{0:F1}", candidate.ratio).str() +
               " dB behind it: " + describeRange(record->histogram, *params);
      });
    }
  }
}
