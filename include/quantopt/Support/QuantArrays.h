//===- QuantArrays.h - QuantMath over arrays --------------------*- C++ -*-===//
//
// The arithmetic of QuantMath.h over many values at once, in vectors of the
// machine that runs it. Weights have hundreds of millions of elements; bit for
// bit the results are those of the scalar functions.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_SUPPORT_QUANTARRAYS_H
#define QUANTOPT_SUPPORT_QUANTARRAYS_H

#include "quantopt/Support/QuantMath.h"

#include <cstddef>

namespace quantopt {

/// The largest magnitude of `size` values; infinite where one of them is not
/// finite.
float largestMagnitude(const float *data, size_t size);

/// Sum of x^2 in f64, in an order of additions that does not depend on the
/// machine.
double sumOfSquares(const float *data, size_t size);

/// Sum of (x - D0(Q0(x)))^2 in f64 over `size` finite values, in an order of
/// additions that does not depend on the machine. Storage of at most 16 bits.
double sumOfSquaredErrors(const float *data, size_t size,
                          const QuantParams &params);

/// out[i] = quantize(data[i]) with zero point 0 and the scale scales[i], or
/// scales[0] for all where `perElement` is false. Storage in [qmin, qmax] of 8
/// bits, signed.
void quantizeSymmetric(const float *data, size_t size, const float *scales,
                       bool perElement, int64_t qmin, int64_t qmax,
                       int8_t *out);

} // namespace quantopt

#endif // QUANTOPT_SUPPORT_QUANTARRAYS_H
