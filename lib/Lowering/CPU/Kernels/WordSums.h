//===- WordSums.h - Sums of windows in 16-bit words -------------*- C++ -*-===//
//
// Extending bytes to 32 bits takes shuffles, of which x86 does one a cycle for
// a quarter of a register's channels. A sum of few bytes fits in 16 bits: taps
// are added to words, two at a time by a multiplication of pairs where the
// target has it, and are extended to 32 bits once at the end. Of unsigned
// bytes, eight taps and more are not even extended to words one by one: a
// rounded mean in bytes says about what their sum is, and their sum modulo 256
// the rest.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_KERNELS_WORDSUMS_H
#define QUANTOPT_LIB_LOWERING_CPU_KERNELS_WORDSUMS_H

#include "LaneBuilder.h"

namespace mlir::qopt {

/// A nest `acc[p, c] += a[p + tap, c]` of bytes.
struct WordSums {
  /// The input that is added up, and whether the body extends it by zeros.
  unsigned input = 0;
  bool isUnsigned = false;
  /// The target adds pairs of bytes to words.
  bool hasBytePairs = false;
  /// Bytes that are stored as unsigned are added up faster.
  bool prefersUnsigned = false;
  SmallVector<unsigned> taps;
};

/// Recognises a sum of bytes along `lane` whose every sum fits in 16 bits.
std::optional<WordSums> matchWordSums(const Nest &nest, unsigned lane,
                                      const MicroKernel &kernel);

/// `accumulators` plus the sums at `points`, all of whose lanes exist. Points
/// that follow each other along the lanes are added up together.
SmallVector<Value> emitWordSums(LaneBuilder &builder, const WordSums &sums,
                                ArrayRef<Point> points,
                                SmallVector<Value> accumulators);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_WORDSUMS_H
