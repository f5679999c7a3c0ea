//===- ChannelMeans.h - The mean of each channel ----------------*- C++ -*-===//
//
// What a contraction reads on average, by the index that its weights are
// multiplied along. No LLVM: the runtime on a target fills it, too.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_SUPPORT_CHANNELMEANS_H
#define QUANTOPT_SUPPORT_CHANNELMEANS_H

#include "quantopt/Support/ExactSum.h"

#include <cstddef>
#include <vector>

namespace quantopt {

/// The shape of a row-major tensor as a product summed[0] * kept[0] * summed[1]
/// * kept[1] ...: an element's channel is its index along the kept parts. The
/// channels of NHWC lie as {N*H*W}, {C}, those of NCHW as {N, H*W}, {C, 1}.
struct ChannelShape {
  std::vector<int64_t> summed, kept;

  int64_t numChannels() const;
};

/// The mean of each channel over samples: of each sample, the mean of the
/// channel's elements, added up in f64 in the order of the tensor and rounded
/// to f32; of these, the exact sum. So neither the order of samples nor a split
/// into shards changes a bit.
struct ChannelMeans {
  /// Samples; 0 where means are not known.
  uint64_t count = 0;
  std::vector<ExactSum> sums;

  /// Adds one sample, of as many channels as the first; another one is left
  /// out. Elements that are NaN or infinite count as 0.
  void add(const float *data, const ChannelShape &shape);
  /// Both together; unknown where the numbers of channels differ.
  void merge(const ChannelMeans &other);

  /// The mean of a channel: its sum rounded to f64, over the count, which is
  /// not 0.
  double mean(size_t channel) const {
    return sums[channel].toDouble() / double(count);
  }

  bool operator==(const ChannelMeans &o) const {
    return count == o.count && sums == o.sums;
  }
};

} // namespace quantopt

#endif // QUANTOPT_SUPPORT_CHANNELMEANS_H
