//===- Histogram.cpp - Exact statistics of f32 values ---------------------===//

#include "quantopt/Support/Histogram.h"

#include <algorithm>
#include <cfloat>
#include <cstring>
#include <limits>

using namespace quantopt;

namespace {

constexpr uint32_t kMagnitude = 0x7FFFFFFFu;
constexpr uint32_t kInfinity = 0x7F800000u;
/// Values per block: small enough that the second pass finds them in the L1
/// cache.
constexpr size_t kBlock = 4096;

uint32_t bitsOf(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  return bits;
}

float floatOf(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

/// An integer that orders as the float does; its own inverse on the bits.
/// Integer minima vectorize where float ones, with their NaN rules, do not.
int32_t toOrdered(uint32_t bits) {
  const int32_t i = static_cast<int32_t>(bits);
  return i ^ ((i >> 31) & static_cast<int32_t>(kMagnitude));
}

float fromOrdered(int32_t ordered) {
  return floatOf(
      static_cast<uint32_t>(ordered ^ ((ordered >> 31) & 0x7FFFFFFF)));
}

/// Smallest and largest finite, non-zero f32 with these top 16 bits.
float innerEdge(uint16_t bin) {
  const uint32_t bits = uint32_t(bin) << 16;
  return floatOf((bits & kMagnitude) == 0 ? bits | 1 : bits);
}
float outerEdge(uint16_t bin) {
  return floatOf((uint32_t(bin) << 16) | 0xFFFFu);
}

bool isFiniteBin(uint16_t bin) { return (bin & 0x7FFF) < 0x7F80; }

/// Calls `fn(bin)` for the finite bins by ascending value: negative ones from
/// the largest magnitude down, then positive ones up.
template <typename Fn>
void forEachFiniteBin(Fn fn) {
  for (uint32_t bin = 0xFF7F; bin >= 0x8000; --bin)
    fn(static_cast<uint16_t>(bin));
  for (uint32_t bin = 0; bin < 0x7F80; ++bin)
    fn(static_cast<uint16_t>(bin));
}

} // namespace

uint64_t *Histogram::table() {
  if (!counts_) {
    // calloc, not new[]: untouched pages stay unbacked.
    counts_.reset(
        static_cast<uint64_t *>(std::calloc(kNumBins, sizeof(uint64_t))));
    if (!counts_)
      std::abort();
  }
  return counts_.get();
}

Histogram::Histogram(const Histogram &other) { merge(other); }

Histogram &Histogram::operator=(const Histogram &other) {
  if (this != &other) {
    Histogram copy(other);
    *this = std::move(copy);
  }
  return *this;
}

/// Called before `finite_` counts the new values.
void Histogram::noteExtrema(const Extrema &extrema) {
  min_ = finite_ == 0 ? extrema.min : std::min(min_, extrema.min);
  max_ = finite_ == 0 ? extrema.max : std::max(max_, extrema.max);
}

/// Widens `seen` by values that are not -0.
static void widen(std::optional<Histogram::Extrema> &seen, float low,
                  float high) {
  if (!seen)
    seen = {low, high};
  seen->min = std::min(seen->min, low);
  seen->max = std::max(seen->max, high);
}

std::optional<Histogram::Extrema> Histogram::add(const float *data,
                                                 size_t size) {
  std::optional<Extrema> seen;
  const uint64_t before = finite_;
  for (size_t at = 0; at < size; at += kBlock)
    addBlock(data + at, std::min(kBlock, size - at), seen);
  if (seen) {
    const uint64_t after = std::exchange(finite_, before);
    noteExtrema(*seen);
    finite_ = after;
  }
  return seen;
}

void Histogram::addBlock(const float *data, size_t size,
                         std::optional<Extrema> &seen) {
  // First pass, vectorized: extrema, zeros and whether all is finite.
  uint32_t largest = 0, zeros = 0;
  int32_t low = std::numeric_limits<int32_t>::max();
  int32_t high = std::numeric_limits<int32_t>::min();
  for (size_t i = 0; i < size; ++i) {
    const uint32_t bits = bitsOf(data[i]);
    const uint32_t magnitude = bits & kMagnitude;
    largest = std::max(largest, magnitude);
    zeros += magnitude == 0;
    const int32_t ordered = toOrdered(bits);
    low = std::min(low, ordered);
    high = std::max(high, ordered);
  }
  if (largest >= kInfinity)
    return addWithNonFinite(data, size, seen);

  widen(seen, fromOrdered(low) + 0.0f, fromOrdered(high) + 0.0f);
  finite_ += size;
  zeros_ += zeros;
  if (zeros == size)
    return;

  // Second pass: count. After a ReLU half of the values are zero; to add them
  // all to one counter would make each wait for the last, so zeros, already
  // counted, go to four counters that are thrown away.
  uint64_t *counts = table();
  uint64_t discarded[4] = {0, 0, 0, 0};
  for (size_t i = 0; i < size; ++i) {
    const uint32_t bits = bitsOf(data[i]);
    uint64_t *counter =
        (bits & kMagnitude) ? counts + (bits >> 16) : discarded + (i & 3);
    ++*counter;
  }
}

void Histogram::addWithNonFinite(const float *data, size_t size,
                                 std::optional<Extrema> &seen) {
  for (size_t i = 0; i < size; ++i) {
    const uint32_t bits = bitsOf(data[i]);
    const uint32_t magnitude = bits & kMagnitude;
    if (magnitude > kInfinity) {
      ++nans_;
    } else if (magnitude == kInfinity) {
      ++(bits == kInfinity ? posInfs_ : negInfs_);
    } else {
      widen(seen, data[i] + 0.0f, data[i] + 0.0f);
      ++finite_;
      if (magnitude == 0)
        ++zeros_;
      else
        ++table()[bits >> 16];
    }
  }
}

void Histogram::merge(const Histogram &other) {
  if (other.finite_ != 0)
    noteExtrema({other.min_, other.max_});
  if (other.counts_) {
    uint64_t *counts = table();
    for (size_t bin = 0; bin < kNumBins; ++bin)
      // Writing zeros would back every page of the table.
      if (const uint64_t count = other.counts_[bin])
        counts[bin] += count;
  }
  finite_ += other.finite_;
  zeros_ += other.zeros_;
  nans_ += other.nans_;
  posInfs_ += other.posInfs_;
  negInfs_ += other.negInfs_;
}

bool Histogram::operator==(const Histogram &other) const {
  if (finite_ != other.finite_ || zeros_ != other.zeros_ ||
      nans_ != other.nans_ || posInfs_ != other.posInfs_ ||
      negInfs_ != other.negInfs_ || min_ != other.min_ || max_ != other.max_)
    return false;
  // Equal numbers of finite non-zero values: either both have a table or
  // neither.
  if (!counts_ || !other.counts_)
    return !counts_ == !other.counts_;
  return std::memcmp(counts_.get(), other.counts_.get(),
                     kNumBins * sizeof(uint64_t)) == 0;
}

std::vector<HistogramBin> Histogram::bins() const {
  std::vector<HistogramBin> result;
  auto addZeros = [&] {
    if (zeros_ != 0)
      result.push_back({0.0f, 0.0f, 0.0, zeros_});
  };
  if (!counts_) {
    addZeros();
    return result;
  }
  forEachFiniteBin([&](uint16_t bin) {
    if (bin == 0)
      addZeros();
    const uint64_t count = counts_[bin];
    if (count == 0)
      return;
    float lower = innerEdge(bin), upper = outerEdge(bin);
    if (bin & 0x8000)
      std::swap(lower, upper);
    lower = std::max(lower, min_);
    upper = std::min(upper, max_);
    result.push_back(
        {lower, upper, 0.5 * (double(lower) + double(upper)), count});
  });
  return result;
}

Histogram::State Histogram::state() const {
  State state;
  state.min = min_;
  state.max = max_;
  state.zeros = zeros_;
  state.nans = nans_;
  state.posInfs = posInfs_;
  state.negInfs = negInfs_;
  if (counts_)
    for (size_t bin = 0; bin < kNumBins; ++bin)
      if (const uint64_t count = counts_[bin])
        state.bins.push_back({static_cast<uint16_t>(bin), count});
  return state;
}

std::optional<Histogram> Histogram::fromState(const State &state) {
  Histogram h;
  h.zeros_ = state.zeros;
  h.nans_ = state.nans;
  h.posInfs_ = state.posInfs;
  h.negInfs_ = state.negInfs;
  h.min_ = state.min;
  h.max_ = state.max;

  // The total fits 64 bits, and bins come once each, in order.
  uint64_t total = 0;
  auto count = [&](uint64_t n) {
    total += n;
    return total >= n;
  };
  if (!count(state.nans) || !count(state.posInfs) || !count(state.negInfs) ||
      !count(state.zeros))
    return std::nullopt;
  int previous = -1;
  for (const auto &[bin, n] : state.bins) {
    if (int(bin) <= previous || !isFiniteBin(bin) || n == 0 || !count(n))
      return std::nullopt;
    previous = bin;
    h.table()[bin] = n;
  }
  h.finite_ = total - h.nonFinite();

  // The extrema lie in the outermost bins: exactly what bins() cuts them to.
  if (h.finite_ == 0)
    return h.min_ == 0 && h.max_ == 0 ? std::optional<Histogram>(std::move(h))
                                      : std::nullopt;
  float low = FLT_MAX, lowEnd = FLT_MAX, high = -FLT_MAX, highEnd = -FLT_MAX;
  auto widen = [&](float lower, float upper) {
    if (lower < low)
      low = lower, lowEnd = upper;
    if (upper > high)
      high = upper, highEnd = lower;
  };
  if (h.zeros_ != 0)
    widen(0.0f, 0.0f);
  for (const auto &[bin, n] : state.bins) {
    const float inner = innerEdge(bin), outer = outerEdge(bin);
    widen(std::min(inner, outer), std::max(inner, outer));
  }
  if (!(low <= h.min_ && h.min_ <= lowEnd && highEnd <= h.max_ &&
        h.max_ <= high && h.min_ <= h.max_))
    return std::nullopt;
  h.min_ += 0.0f;
  h.max_ += 0.0f;
  return h;
}
