//===- Config.h - The user's quantization settings --------------*- C++ -*-===//

#ifndef QUANTOPT_SUPPORT_CONFIG_H
#define QUANTOPT_SUPPORT_CONFIG_H

#include "quantopt/Support/NonFinitePolicy.h"
#include "quantopt/Support/RangeEstimator.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace quantopt {

/// How an activation's range is chosen. Auto takes the percentile, or Mse where
/// its squared error is much less.
enum class ActivationMethod {
  Auto,
  MinMax,
  MovingAverage,
  Percentile,
  Entropy,
  EntropyOrt,
  Mse,
  Octav
};

/// Storage of a model's inputs. Auto takes 16 bits where 8 lose too much in the
/// first layer.
enum class InputBits { Auto, Eight, Sixteen };

/// Storage of constants of which the data choose rows.
enum class EmbeddingFormat { Int8, Float };

enum class WeightGranularity { PerChannel, PerTensor };
enum class WeightMethod { MinMax, Mse };

/// Where a contraction's activations get their parameters: from calibration, or
/// from their values each time that the generated code runs.
/// Or nowhere: it computes in float, and only its weights are stored in fewer
/// bits.
enum class QuantScheme { Static, Dynamic, WeightOnly };

/// What has a scale of its own with `scheme: dynamic`.
enum class DynamicGranularity { Row, Tensor };

/// How a contraction is quantized with `scheme: dynamic`.
struct DynamicSettings {
  DynamicGranularity granularity = DynamicGranularity::Row;
  bool symmetric = true;
};

/// What `scheme: weight-only` stores.
enum class StoredFormat { Int8, Int4, Float16, BFloat16 };

/// How a contraction's weights are stored with `scheme: weight-only`.
struct WeightOnlySettings {
  StoredFormat format = StoredFormat::Int8;
  /// Weights that share a scale, along the largest dimension that is summed
  /// over; 0: all of an output channel.
  int groupSize = 0;
};

/// How the operation that makes a value is quantized.
struct OperationSettings {
  QuantScheme scheme = QuantScheme::Static;
  DynamicSettings dynamic;
  WeightOnlySettings weightOnly;
  /// An override says `keep: float`.
  bool keepFloat = false;
};

/// Settings of one activation.
struct ActivationSettings {
  int bits = 8;
  /// An override says `bits`, so nothing else may choose them.
  bool bitsAreGiven = false;
  bool symmetric = false;
  /// The lowest integer of the storage is not used.
  bool narrowRange = false;
  ActivationMethod method = ActivationMethod::Auto;
  double percentile = 99.999;
  /// An override says `keep: float`.
  bool keepFloat = false;

  /// Storage range of signed integers of `bits` bits.
  int64_t qmin() const {
    return -(int64_t(1) << (bits - 1)) + (narrowRange ? 1 : 0);
  }
  int64_t qmax() const { return (int64_t(1) << (bits - 1)) - 1; }
  /// Options for estimateRange with the given method.
  RangeOptions rangeOptions(RangeMethod rangeMethod) const {
    return {rangeMethod, percentile, qmin(), qmax(), symmetric};
  }
};

struct WeightSettings {
  int bits = 8;
  WeightGranularity granularity = WeightGranularity::PerChannel;
  WeightMethod method = WeightMethod::Mse;
  /// Biases take back what rounding the weights shifts on average.
  bool biasCorrection = true;
};

/// One entry of `overrides`: what it matches and what it sets.
struct ConfigOverride {
  /// POSIX extended regular expression that must match the whole name of a
  /// value.
  std::optional<std::string> name;
  /// Name of an operation, such as linalg.matmul.
  std::optional<std::string> op;
  /// POSIX extended regular expression that must match the whole location of a
  /// value, "file:line:column".
  std::optional<std::string> location;

  std::optional<int> bits;
  std::optional<bool> symmetric;
  std::optional<bool> narrowRange;
  std::optional<ActivationMethod> method;
  std::optional<double> percentile;
  std::optional<QuantScheme> scheme;
  std::optional<DynamicGranularity> granularity;
  std::optional<bool> dynamicSymmetric;
  std::optional<StoredFormat> format;
  std::optional<int> groupSize;
  bool keepFloat = false;

  /// Where the entry is in the file, from 1.
  unsigned line = 0, column = 0;
};

/// What an override sets.
enum OverridePart : unsigned {
  kKeepPart = 1,
  /// `scheme`, `dynamic` and `weight-only`.
  kSchemePart = 2,
  kActivationsPart = 4,
  kAllParts = 7
};

/// What overrides match: a value's name, the operation that makes it, and where
/// that stands, "file:line:column".
struct ConfiguredValue {
  llvm::StringRef name, op, location;
  /// The OverrideParts that change anything of it.
  unsigned parts = kAllParts;
};

/// The settings of one run; a default-constructed one is what `version: 1`
/// alone means.
class Config {
public:
  /// Reads YAML, version 1; printSchema documents its keys. Unknown or repeated
  /// keys and wrong values are errors "file:line:column: what; what is
  /// allowed".
  static llvm::Expected<Config> load(llvm::StringRef path);
  static llvm::Expected<Config> parse(llvm::StringRef text,
                                      llvm::StringRef file);

  /// Prints each key with what it takes, its default and what it means.
  static void printSchema(llvm::raw_ostream &os);

  QuantScheme scheme = QuantScheme::Static;
  DynamicSettings dynamic;
  WeightOnlySettings weightOnly;
  ActivationSettings activations;
  WeightSettings weights;
  EmbeddingFormat embeddings = EmbeddingFormat::Int8;
  InputBits inputBits = InputBits::Auto;
  /// Percent of the model's products that activations of 16 bits may take.
  double wideProducts = 2.0;
  /// dB that the other readers of a value may lose where it is joined with
  /// others, before it keeps parameters of its own.
  double maxLoss = 12.0;
  NonFinitePolicy nonFinite = NonFinitePolicy::Error;
  bool requireInt8 = false;
  std::vector<ConfigOverride> overrides;
  std::string file;

  /// Settings of `value`: the general ones, changed by each override that
  /// matches. The more specific one wins: one that spells a name or a location
  /// over one that describes it, then one that asks for more. Two that are as
  /// specific and differ are a conflict. Remembers what matched, and conflicts.
  ActivationSettings settingsFor(const ConfiguredValue &value);

  /// The same for the operation that makes `value`.
  OperationSettings operationSettingsFor(const ConfiguredValue &value);

  /// An error, at its line, for each pair of overrides that said different
  /// things of a value that was asked for.
  llvm::Error checkConflicts() const;

  /// After all of a module's values were asked for: conflicts, and an error, at
  /// its line, for each override that matched nothing, or nothing of which it
  /// changes what it sets.
  llvm::Error checkOverrides() const;

private:
  struct Match {
    unsigned specificity, index;
  };
  /// Those that match, the most specific first; `asked` is what they are asked
  /// for.
  std::vector<Match> matchesOf(const ConfiguredValue &value, unsigned asked);

  template <typename T>
  void take(T &setting, std::optional<T> ConfigOverride::*member,
            llvm::StringRef key, const ConfiguredValue &value,
            llvm::ArrayRef<Match> matches);

  /// "file:line:column" of an override.
  std::string placeOf(const ConfigOverride &entry) const;

  /// Of each override: the name of the first value that it matched, and the
  /// parts that one of them took.
  struct Use {
    std::optional<std::string> first;
    unsigned parts = 0;
  };
  std::vector<Use> uses;
  /// Errors, by the overrides and the key in conflict.
  std::map<std::tuple<unsigned, unsigned, std::string>, std::string> conflicts;
};

} // namespace quantopt

#endif // QUANTOPT_SUPPORT_CONFIG_H
