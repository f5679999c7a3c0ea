//===- ChannelMeans.cpp - The mean of each channel ------------------------===//

#include "quantopt/Support/ChannelMeans.h"

#include <cmath>

using namespace quantopt;

int64_t ChannelShape::numChannels() const {
  int64_t result = 1;
  for (const int64_t size : kept)
    result *= size;
  return result;
}

/// Adds the elements of parts `part` and up, a dense tensor, to the sums of
/// their channels. Returns how many elements there are.
template <typename Read>
static int64_t addParts(const float *data, const ChannelShape &shape,
                        size_t part, double *sums, Read read) {
  const int64_t outer = shape.summed[part], kept = shape.kept[part];
  if (part + 1 == shape.kept.size()) {
    // Runs of one channel stay in a register.
    if (kept == 1) {
      double sum = 0.0;
      for (int64_t i = 0; i < outer; ++i)
        sum += read(data[i]);
      sums[0] += sum;
      return outer;
    }
    for (int64_t i = 0; i < outer; ++i)
      for (int64_t channel = 0; channel < kept; ++channel)
        sums[channel] += read(data[i * kept + channel]);
    return outer * kept;
  }
  int64_t inner = 1;
  for (size_t next = part + 1; next < shape.kept.size(); ++next)
    inner *= shape.kept[next];
  int64_t at = 0;
  for (int64_t i = 0; i < outer; ++i)
    for (int64_t channel = 0; channel < kept; ++channel)
      at += addParts(data + at, shape, part + 1, sums + channel * inner, read);
  return at;
}

void ChannelMeans::add(const float *data, const ChannelShape &shape) {
  const auto channels = size_t(shape.numChannels());
  if (count != 0 && sums.size() != channels)
    return;
  double elements = 1.0;
  for (const int64_t size : shape.summed)
    elements *= double(size);
  std::vector<double> partial(channels, 0.0);
  auto sumUp = [&](auto read) {
    partial.assign(channels, 0.0);
    addParts(data, shape, 0, partial.data(), read);
  };
  sumUp([](float x) { return double(x); });
  bool isFinite = true;
  for (const double sum : partial)
    isFinite = isFinite && std::isfinite(sum);
  if (!isFinite)
    sumUp([](float x) { return std::isfinite(x) ? double(x) : 0.0; });
  if (count == 0)
    sums.assign(channels, ExactSum());
  ++count;
  for (size_t channel = 0; channel < channels; ++channel)
    sums[channel].add(float(partial[channel] / elements));
}

void ChannelMeans::merge(const ChannelMeans &other) {
  if (count == 0 || other.count == 0 || sums.size() != other.sums.size()) {
    *this = count == 0 ? other : ChannelMeans();
    return;
  }
  count += other.count;
  for (size_t channel = 0; channel < sums.size(); ++channel)
    sums[channel].add(other.sums[channel]);
}
