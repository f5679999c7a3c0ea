//===- QuantizationMap.h - The parameters of each value ---------*- C++ -*-===//

#ifndef QUANTOPT_SUPPORT_QUANTIZATIONMAP_H
#define QUANTOPT_SUPPORT_QUANTIZATIONMAP_H

#include "quantopt/Support/Config.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <optional>
#include <string>
#include <vector>

namespace quantopt {

/// How a tensor is stored: x = (q - zeroPoint) * scale, q in [qmin, qmax].
struct MappedParams {
  unsigned bits = 8; ///< 8 or 16
  bool isSigned = true;
  int64_t qmin = -128, qmax = 127;
  /// f32 values over 0: one, or one for each index of `axis`.
  std::vector<double> scales;
  /// As many, in [qmin, qmax].
  std::vector<int64_t> zeroPoints;
  std::optional<int64_t> axis;

  bool operator==(const MappedParams &o) const {
    return bits == o.bits && isSigned == o.isSigned && qmin == o.qmin &&
           qmax == o.qmax && scales == o.scales && zeroPoints == o.zeroPoints &&
           axis == o.axis;
  }
  /// The same real values in signed bytes: unsigned ones less 128, in all of
  /// the range and the zero points. Else these.
  MappedParams onSignedStorage() const;
  /// "i8, scale 0.1, zero point 3" for messages.
  std::string describe() const;
};

/// A constant operand of the operation that makes a value.
struct MappedWeights {
  unsigned operand = 0;
  MappedParams params;
  /// What is added to the bias because the weights are rounded: f32 values, in
  /// row-major order of the result's dimensions that the weights have, too.
  /// Empty where nothing is.
  std::vector<float> biasCorrection;
  unsigned line = 0, column = 0;
};

/// What was decided about one value of the model.
struct MappedValue {
  enum class Scheme { Static, Dynamic, WeightOnly, Float };

  /// The value's qopt.name.
  std::string name;
  /// The operation that makes it, or "input"; and its type. Empty where the
  /// file does not say.
  std::string op, tensor;
  Scheme scheme = Scheme::Static;
  DynamicSettings dynamic;
  WeightOnlySettings weightOnly;
  /// Those of the value, where it was calibrated.
  std::optional<MappedParams> params;
  /// Where `params` come from.
  std::string why;
  std::vector<MappedWeights> weights;
  /// What became of it, for the reader of the file: written as a comment.
  std::string note;
  /// Where the entry is in the file, from 1.
  unsigned line = 0, column = 0;
};

/// The parameters of all values of a model, as decided: saved by one run,
/// edited by hand, and taken by another, which then needs no samples.
///
/// File: YAML, version 1, one entry a value, in the model's order. `tensor` and
/// `op` are there to tell that the map belongs to the model.
///   version: 1
///   values:
///   - name: "matmul_0"
///     op: "linalg.matmul"
///     tensor: "tensor<1x24xf32>"
///     scheme: static                         or dynamic, weight-only, float
///     params: {type: i8, range: [-128, 127], scale: 0.0123, zero-point: -3}
///     why: "min-max: ..."
///     weights:
///     - operand: 1
///       params: {type: i8, range: [-127, 127], axis: 1, scale: [0.1, 0.2]}
///       bias-correction: [-0.001, 0.002]     where calibration had one
/// With `scheme: dynamic`, `dynamic: {granularity: row, symmetric: true}`; with
/// `scheme: weight-only`, `weight-only: {format: int8, group-size: 0}`;
/// `float` keeps in float what could be an integer. Scales are rounded to f32;
/// the text that is written reads back as the same f32.
class QuantizationMap {
public:
  /// Errors are "file:line:column: what; what to do".
  static llvm::Expected<QuantizationMap> load(llvm::StringRef path);
  static llvm::Expected<QuantizationMap> parse(llvm::StringRef text,
                                               llvm::StringRef file);

  std::string toYaml() const;
  /// Writes the whole file or none; "-" is standard output.
  llvm::Error save(llvm::StringRef path) const;

  /// "file:line:column" of an entry.
  std::string placeOf(const MappedValue &value) const;
  std::string placeOf(const MappedWeights &weights) const;

  /// In the order of the file; names are unique.
  std::vector<MappedValue> values;
  std::string file;
};

} // namespace quantopt

#endif // QUANTOPT_SUPPORT_QUANTIZATIONMAP_H
