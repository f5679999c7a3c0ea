//===- Findings.cpp - Values that want to be looked at --------------------===//

#include "Format.h"
#include "quantopt/Report/Report.h"

using namespace quantopt;

/// A share of values beyond the range from which it is said.
static constexpr double kClippedShare = 0.01;
/// Of the integers of a type, those that values reach.
static constexpr double kCoarseShare = 1.0 / 8;

std::vector<Finding> quantopt::findingsOf(const ValueReport &value) {
  std::vector<Finding> findings;
  if (const auto &seen = value.statistics) {
    if (uint64_t nonFinite = seen->nans + seen->posInfs + seen->negInfs)
      findings.push_back(
          {"non-finite", formatCount(seen->nans) + " NaN, " +
                             formatCount(nonFinite - seen->nans) +
                             " infinite values"});
    const bool isConstant = seen->count > 0 && seen->min == seen->max;
    if (isConstant && seen->min == 0)
      findings.push_back(
          {"dead", "all " + formatCount(seen->count) + " values are zero"});
    else if (isConstant)
      findings.push_back({"constant", "all " + formatCount(seen->count) +
                                          " values are " +
                                          formatNumber(seen->min)});
    if (value.params && seen->count > 0 && !isConstant) {
      const double all = double(value.params->qmax - value.params->qmin + 1);
      if (double(seen->levels) < kCoarseShare * all)
        findings.push_back(
            {"coarse", "values reach " + formatCount(uint64_t(seen->levels)) +
                           " of " + formatCount(uint64_t(all)) + " integers"});
      const double clipped = seen->clippedBelow + seen->clippedAbove;
      if (clipped > kClippedShare)
        findings.push_back({"clipped", formatShare(clipped) +
                                           " of the values lie beyond the "
                                           "range"});
    }
  }
  if (value.accumulatedDB && *value.accumulatedDB < 0)
    findings.push_back(
        {"lost", "SQNR so far: " + formatDB(*value.accumulatedDB)});
  return findings;
}
