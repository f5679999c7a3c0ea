//===- Depthwise.h - Products of lanes, several taps at once ----*- C++ -*-===//
//
// A depthwise convolution multiplies each channel by its own weights: nothing
// is shared between lanes. Dot products of bytes still apply, along the taps:
// the bytes of several taps are interleaved, so that each 32-bit lane holds
// some taps of one channel.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_KERNELS_DEPTHWISE_H
#define QUANTOPT_LIB_LOWERING_CPU_KERNELS_DEPTHWISE_H

#include "../../Common/Nest.h"
#include "LaneBuilder.h"
#include "MicroKernel.h"

namespace mlir::qopt {

/// The loops of a nest `acc[p, c] += a[p + tap, c] * w[tap, c]` by role.
struct Depthwise {
  /// Which of the nest's two inputs are activations and weights.
  unsigned activations;
  unsigned weights;
  /// The body extends activations by zeros.
  bool isUnsigned;
  /// The loop over channels.
  unsigned lane;
  /// The loop over points whose neighbours read neighbouring taps; none where
  /// no points share what they read.
  std::optional<unsigned> shared;
  /// The loop over taps that `shared` moves along.
  unsigned tap = 0;
};

/// Recognises a depthwise convolution of integers with constant weights in
/// `nest`, with vectors along `lane`.
std::optional<Depthwise> matchDepthwise(const Nest &nest, unsigned lane);

/// Emits the products of a depthwise convolution.
class DepthwiseEmitter {
public:
  /// Packs the weights for the steps of `kernel`, into constants at the
  /// insertion point of `builder`.
  DepthwiseEmitter(OpBuilder &builder, Nest &nest, const Depthwise &depthwise,
                   const MicroKernel &kernel);

  /// `accumulators` plus all products at `points`.
  SmallVector<Value> emit(LaneBuilder &builder, ArrayRef<Point> points,
                          SmallVector<Value> accumulators,
                          unsigned active) const;

  /// The loop whose neighbouring points share steps, if any do.
  std::optional<unsigned> getSharedLoop() const {
    return sharing > 1 ? depthwise.shared : std::nullopt;
  }

private:
  /// What one step multiplies, for each entry of its group.
  struct Step {
    /// The activation, as an offset from the first point's.
    SmallVector<int64_t> taps;
    /// By point that shares the step: the weight's offset, -1 for none.
    SmallVector<SmallVector<int64_t>> weights;

    /// Whether one of the first `points` points multiplies `entry`.
    bool uses(unsigned entry, size_t points) const {
      return llvm::any_of(ArrayRef(weights).take_front(points),
                          [&](const auto &each) { return each[entry] >= 0; });
    }
  };

  void planSharedSteps();
  void planSteps();
  void packWeights(OpBuilder &builder);
  Value emitInterleaved(LaneBuilder &builder, const Point &point,
                        const Step &step, size_t points, unsigned active) const;

  Nest &nest;
  const Depthwise depthwise;
  const MicroKernel &kernel;
  SmallVector<unsigned> reductions;
  /// Neighbouring points that share steps.
  size_t sharing = 1;
  SmallVector<Step> steps;
  /// Weights by vector of channels, point, step, channel and entry.
  Access packed;
  /// What takes the kernel's shift of activations back, by channel.
  std::optional<Access> compensation;
};

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_DEPTHWISE_H
