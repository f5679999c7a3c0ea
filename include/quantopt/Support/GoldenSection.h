//===- GoldenSection.h - Narrowing a bracket around a minimum ---*- C++ -*-===//

#ifndef QUANTOPT_SUPPORT_GOLDENSECTION_H
#define QUANTOPT_SUPPORT_GOLDENSECTION_H

#include <cmath>
#include <utility>

namespace quantopt {

/// Narrows [a, b] around a minimum of `f` in `steps` steps, each to 0.618 of
/// its width for one call of `f`; the upper part stays where both inner points
/// are as good (Kiefer, "Sequential minimax search for a maximum", 1953).
template <typename Fn>
std::pair<double, double> goldenSection(double a, double b, int steps, Fn f) {
  const double golden = (std::sqrt(5.0) - 1) / 2;
  double c = b - golden * (b - a), d = a + golden * (b - a);
  double atC = f(c), atD = f(d);
  for (int i = 0; i < steps; ++i) {
    if (atC < atD) {
      b = d, d = c, atD = atC;
      c = b - golden * (b - a);
      atC = f(c);
    } else {
      a = c, c = d, atC = atD;
      d = a + golden * (b - a);
      atD = f(d);
    }
  }
  return {a, b};
}

} // namespace quantopt

#endif // QUANTOPT_SUPPORT_GOLDENSECTION_H
