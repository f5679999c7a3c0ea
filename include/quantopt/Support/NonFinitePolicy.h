//===- NonFinitePolicy.h - NaN and infinities in samples --------*- C++ -*-===//

#ifndef QUANTOPT_SUPPORT_NONFINITEPOLICY_H
#define QUANTOPT_SUPPORT_NONFINITEPOLICY_H

namespace quantopt {

/// What to do with NaN and infinities, in samples and in what a model makes of
/// them.
enum class NonFinitePolicy {
  Error, ///< refuse them, saying how many there are and where
  Ignore ///< use the samples as they are; such values are counted only
};

} // namespace quantopt

#endif // QUANTOPT_SUPPORT_NONFINITEPOLICY_H
