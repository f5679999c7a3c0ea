//===- RangeSearch.h - Least-squares clipping range -------------*- C++ -*-===//

#ifndef QUANTOPT_LIB_SUPPORT_RANGESEARCH_H
#define QUANTOPT_LIB_SUPPORT_RANGESEARCH_H

#include "quantopt/Support/RangeEstimator.h"

namespace quantopt {

/// The range inside `widest` whose parameters have the least quantizationMse.
Range searchLeastSquares(const Histogram &histogram,
                         const RangeOptions &options, const Range &widest);

} // namespace quantopt

#endif // QUANTOPT_LIB_SUPPORT_RANGESEARCH_H
