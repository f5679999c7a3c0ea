//===- ConfigOverrides.cpp - Which settings hold for a value --------------===//

#include "quantopt/Support/Config.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Regex.h"

using namespace llvm;
using namespace quantopt;

// Conditions weigh so that all patterns and the operation together weigh less
// than one name or location that is spelled out.
static constexpr unsigned kOpWeight = 1, kPatternWeight = 2, kExactWeight = 6;

/// What `pattern` weighs where it matches the whole of `text`.
static std::optional<unsigned> weigh(StringRef pattern, StringRef text) {
  if (pattern == text || pattern == Regex::escape(text))
    return kExactWeight;
  if (Regex(("^(" + pattern + ")$").str()).match(text))
    return kPatternWeight;
  return std::nullopt;
}

/// How specific `entry` is where it matches `value`.
static std::optional<unsigned> match(const ConfigOverride &entry,
                                     const ConfiguredValue &value) {
  if (entry.op && *entry.op != value.op)
    return std::nullopt;
  unsigned sum = entry.op ? kOpWeight : 0;
  for (auto [pattern, text] : {std::pair(&entry.name, value.name),
                               std::pair(&entry.location, value.location)}) {
    if (!*pattern)
      continue;
    std::optional<unsigned> weight = weigh(**pattern, text);
    if (!weight)
      return std::nullopt;
    sum += *weight;
  }
  return sum;
}

/// "name 'a' and op 'b'".
static std::string describe(const ConfigOverride &entry) {
  std::string text;
  for (auto [key, condition] :
       {std::pair("name", &entry.name), std::pair("op", &entry.op),
        std::pair("location", &entry.location)})
    if (*condition)
      text +=
          (Twine(text.empty() ? "" : " and ") + key + " '" + **condition + "'")
              .str();
  return text;
}

std::string Config::placeOf(const ConfigOverride &entry) const {
  return (file + ":" + Twine(entry.line) + ":" + Twine(entry.column)).str();
}

std::vector<Config::Match> Config::matchesOf(const ConfiguredValue &value,
                                             unsigned asked) {
  uses.resize(overrides.size());
  std::vector<Match> matches;
  for (const auto &[index, entry] : enumerate(overrides))
    if (std::optional<unsigned> specificity = match(entry, value)) {
      if (!uses[index].first)
        uses[index].first = value.name.str();
      uses[index].parts |= value.parts & asked;
      matches.push_back({*specificity, unsigned(index)});
    }
  llvm::sort(matches, [](const Match &a, const Match &b) {
    return std::pair(b.specificity, a.index) <
           std::pair(a.specificity, b.index);
  });
  return matches;
}

template <typename T>
void Config::take(T &setting, std::optional<T> ConfigOverride::*member,
                  StringRef key, const ConfiguredValue &value,
                  ArrayRef<Match> matches) {
  const Match *winner = nullptr;
  for (const Match &other : matches) {
    const std::optional<T> &given = overrides[other.index].*member;
    if (!given)
      continue;
    if (!winner) {
      winner = &other;
      setting = *given;
      continue;
    }
    if (other.specificity < winner->specificity)
      return;
    if (*given == setting)
      continue;
    const ConfigOverride &first = overrides[winner->index];
    const ConfigOverride &second = overrides[other.index];
    conflicts.try_emplace({winner->index, other.index, key.str()},
                          (placeOf(second) + ": override with " +
                           describe(second) + " sets '" + key + "' of '" +
                           value.name + "', and the one with " +
                           describe(first) + " at " + placeOf(first) +
                           " sets it otherwise; remove one, or match '" +
                           value.name + "' by its whole name")
                              .str());
  }
}

ActivationSettings Config::settingsFor(const ConfiguredValue &value) {
  const std::vector<Match> matches =
      matchesOf(value, kActivationsPart | kKeepPart);
  ActivationSettings settings = activations;
  take(settings.bits, &ConfigOverride::bits, "bits", value, matches);
  take(settings.symmetric, &ConfigOverride::symmetric, "symmetric", value,
       matches);
  take(settings.narrowRange, &ConfigOverride::narrowRange, "narrow-range",
       value, matches);
  take(settings.method, &ConfigOverride::method, "method", value, matches);
  take(settings.percentile, &ConfigOverride::percentile, "percentile", value,
       matches);
  for (const Match &match : matches) {
    settings.bitsAreGiven |= overrides[match.index].bits.has_value();
    settings.keepFloat |= overrides[match.index].keepFloat;
  }
  return settings;
}

OperationSettings Config::operationSettingsFor(const ConfiguredValue &value) {
  const std::vector<Match> matches = matchesOf(value, kSchemePart | kKeepPart);
  OperationSettings settings{scheme, dynamic, weightOnly, false};
  take(settings.scheme, &ConfigOverride::scheme, "scheme", value, matches);
  take(settings.dynamic.granularity, &ConfigOverride::granularity,
       "granularity", value, matches);
  take(settings.dynamic.symmetric, &ConfigOverride::dynamicSymmetric,
       "symmetric", value, matches);
  take(settings.weightOnly.format, &ConfigOverride::format, "format", value,
       matches);
  take(settings.weightOnly.groupSize, &ConfigOverride::groupSize, "group-size",
       value, matches);
  for (const Match &match : matches)
    settings.keepFloat |= overrides[match.index].keepFloat;
  return settings;
}

static Error makeError(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

Error Config::checkConflicts() const {
  Error errors = Error::success();
  for (const auto &[pair, message] : conflicts)
    errors = joinErrors(std::move(errors), makeError(message));
  return errors;
}

/// The OverrideParts that `entry` sets.
static unsigned partsOf(const ConfigOverride &entry) {
  const bool setsScheme = entry.scheme || entry.granularity ||
                          entry.dynamicSymmetric || entry.format ||
                          entry.groupSize;
  const bool setsActivations = entry.bits || entry.symmetric ||
                               entry.narrowRange || entry.method ||
                               entry.percentile;
  return (entry.keepFloat ? kKeepPart : 0) | (setsScheme ? kSchemePart : 0) |
         (setsActivations ? kActivationsPart : 0);
}

Error Config::checkOverrides() const {
  Error errors = checkConflicts();
  for (size_t index = 0; index < overrides.size(); ++index) {
    const ConfigOverride &entry = overrides[index];
    auto fail = [&](const Twine &what) {
      errors = joinErrors(std::move(errors),
                          makeError(placeOf(entry) + ": override with " +
                                    describe(entry) + what));
    };
    if (index >= uses.size() || !uses[index].first) {
      fail(" matches no value of the model; remove it or correct the pattern");
      continue;
    }
    const std::string first = "'" + *uses[index].first + "'";
    const unsigned idle = partsOf(entry) & ~uses[index].parts;
    if (idle & kKeepPart)
      fail(" says 'keep: float', and no operation makes " + first +
           ", which it matches; match the operations that read it");
    if (idle & kSchemePart)
      fail(" sets the scheme of " + first +
           ", which is no contraction; match the contractions that are meant");
    if (idle & kActivationsPart)
      fail(" sets 'activations' of " + first +
           ", whose parameters do not come from samples; match values that the "
           "calibration table has, or remove it");
  }
  return errors;
}
