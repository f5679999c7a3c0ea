//===- Config.cpp - Reading the user's quantization settings --------------===//

#include "quantopt/Support/Config.h"

#include "ConfigSchema.h"
#include "YamlReader.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Regex.h"

using namespace llvm;
using namespace quantopt;

static Error makeError(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

//===----------------------------------------------------------------------===//
// The parser
//===----------------------------------------------------------------------===//

namespace {

/// Fills a Config from a document.
class ConfigParser : YamlReader {
public:
  ConfigParser(StringRef text, StringRef file, Config &config)
      : YamlReader(text, file), config(config) {}

  Error parse() {
    return readDocument([&](yaml::Node *root) { return parseRoot(root); });
  }

private:
  using KeyHandler = function_ref<bool(StringRef key, yaml::Node *value)>;

  bool failValue(yaml::Node *node, StringRef value, const SchemaKey &key) {
    return fail(node, "'" + value + "' is not a value of '" + key.key +
                          "'; allowed: " + key.allowed);
  }

  static const SchemaKey *findKey(StringRef section, StringRef key) {
    const auto it = find_if(configSchema(), [&](const SchemaKey &entry) {
      return entry.section == section && entry.key == key;
    });
    return it == configSchema().end() ? nullptr : it;
  }

  /// Calls `handle` for each key of a mapping, all of them keys of `section`.
  bool forEachKey(yaml::Node *node, StringRef section, KeyHandler handle) {
    std::string allowed;
    for (const SchemaKey &entry : configSchema())
      if (entry.section == section)
        allowed += (allowed.empty() ? "" : ", ") + entry.key.str();
    return YamlReader::forEachKey(node, section, allowed, handle);
  }

  bool readText(yaml::Node *node, const SchemaKey &key, std::string &result) {
    return YamlReader::readText(node, key.key, key.allowed, result);
  }

  template <typename T>
  bool readWord(yaml::Node *node, const SchemaKey &key,
                std::initializer_list<std::pair<StringRef, T>> words,
                T &result) {
    std::string text;
    if (!readText(node, key, text))
      return false;
    for (const auto &[word, value] : words)
      if (text == word) {
        result = value;
        return true;
      }
    return failValue(node, text, key);
  }

  bool readBool(yaml::Node *node, const SchemaKey &key, bool &result) {
    return readWord<bool>(node, key, {{"true", true}, {"false", false}},
                          result);
  }

  bool readNumber(yaml::Node *node, const SchemaKey &key,
                  function_ref<bool(double)> isAllowed, double &result) {
    std::string text;
    if (!readText(node, key, text))
      return false;
    double number = 0;
    if (StringRef(text).getAsDouble(number) || !isAllowed(number))
      return failValue(node, text, key);
    result = number;
    return true;
  }

  bool parseRoot(yaml::Node *root) {
    bool hasVersion = false;
    if (!isa<yaml::NullNode>(root) &&
        !forEachKey(root, "", [&](StringRef key, yaml::Node *value) {
          hasVersion |= key == "version";
          return parseTopKey(key, value);
        }))
      return false;
    if (!hasVersion)
      noteProblem(1, 1, "'version' is missing; add the line 'version: 1'");
    return hasVersion;
  }

  bool parseTopKey(StringRef name, yaml::Node *value) {
    const SchemaKey &key = *findKey("", name);
    if (name == "version") {
      int version = 0;
      return readWord<int>(value, key, {{"1", 1}}, version);
    }
    if (name == "scheme")
      return readScheme(value, key, config.scheme);
    if (name == "dynamic")
      return parseDynamic(value, config.dynamic.granularity,
                          config.dynamic.symmetric);
    if (name == "weight-only")
      return parseWeightOnly(value, config.weightOnly.format,
                             config.weightOnly.groupSize);
    if (name == "activations")
      return parseActivations(value);
    if (name == "weights")
      return parseWeights(value);
    if (name == "non-finite")
      return readWord<NonFinitePolicy>(value, key,
                                       {{"error", NonFinitePolicy::Error},
                                        {"ignore", NonFinitePolicy::Ignore}},
                                       config.nonFinite);
    if (name == "embeddings")
      return readWord<EmbeddingFormat>(
          value, key,
          {{"int8", EmbeddingFormat::Int8}, {"float", EmbeddingFormat::Float}},
          config.embeddings);
    if (name == "input-bits")
      return readWord<InputBits>(value, key,
                                 {{"auto", InputBits::Auto},
                                  {"8", InputBits::Eight},
                                  {"16", InputBits::Sixteen}},
                                 config.inputBits);
    if (name == "wide-products")
      return readNumber(
          value, key, [](double x) { return x >= 0 && x <= 100; },
          config.wideProducts);
    if (name == "max-loss")
      return readNumber(
          value, key, [](double x) { return x >= 0 && x <= 1000; },
          config.maxLoss);
    if (name == "require-int8")
      return readBool(value, key, config.requireInt8);
    return parseOverrides(value);
  }

  bool readScheme(yaml::Node *node, const SchemaKey &key, QuantScheme &result) {
    return readWord<QuantScheme>(node, key,
                                 {{"static", QuantScheme::Static},
                                  {"dynamic", QuantScheme::Dynamic},
                                  {"weight-only", QuantScheme::WeightOnly}},
                                 result);
  }

  /// Reads the keys of `weight-only` into whatever holds them, here and in
  /// overrides.
  template <typename FormatT, typename SizeT>
  bool parseWeightOnly(yaml::Node *node, FormatT &format, SizeT &groupSize) {
    return forEachKey(
        node, "weight-only", [&](StringRef name, yaml::Node *value) {
          const SchemaKey &key = *findKey("weight-only", name);
          if (name == "group-size") {
            double size = 0;
            if (!readNumber(
                    value, key,
                    [](double x) {
                      return x >= 0 && x <= 65536 && x == std::floor(x);
                    },
                    size))
              return false;
            groupSize = static_cast<int>(size);
            return true;
          }
          StoredFormat read = StoredFormat::Int8;
          if (!readWord<StoredFormat>(value, key,
                                      {{"int8", StoredFormat::Int8},
                                       {"int4", StoredFormat::Int4},
                                       {"float16", StoredFormat::Float16},
                                       {"bfloat16", StoredFormat::BFloat16}},
                                      read))
            return false;
          format = read;
          return true;
        });
  }

  /// Reads the keys of `dynamic` into whatever holds them, here and in
  /// overrides.
  template <typename GranularityT, typename BoolT>
  bool parseDynamic(yaml::Node *node, GranularityT &granularity,
                    BoolT &symmetric) {
    return forEachKey(node, "dynamic", [&](StringRef name, yaml::Node *value) {
      const SchemaKey &key = *findKey("dynamic", name);
      if (name == "symmetric") {
        bool read = false;
        if (!readBool(value, key, read))
          return false;
        symmetric = read;
        return true;
      }
      DynamicGranularity read = DynamicGranularity::Row;
      if (!readWord<DynamicGranularity>(
              value, key,
              {{"row", DynamicGranularity::Row},
               {"tensor", DynamicGranularity::Tensor}},
              read))
        return false;
      granularity = read;
      return true;
    });
  }

  /// Reads one key of `activations`, here and in overrides.
  bool parseActivationKey(StringRef name, yaml::Node *value,
                          ActivationSettings &a) {
    const SchemaKey &key = *findKey("activations", name);
    if (name == "bits")
      return readWord<int>(value, key, {{"8", 8}, {"16", 16}}, a.bits);
    if (name == "symmetric")
      return readBool(value, key, a.symmetric);
    if (name == "narrow-range")
      return readBool(value, key, a.narrowRange);
    if (name == "percentile")
      return readNumber(
          value, key, [](double x) { return x > 50 && x <= 100; },
          a.percentile);
    return readWord<ActivationMethod>(
        value, key,
        {{"auto", ActivationMethod::Auto},
         {"min-max", ActivationMethod::MinMax},
         {"moving-average", ActivationMethod::MovingAverage},
         {"percentile", ActivationMethod::Percentile},
         {"entropy", ActivationMethod::Entropy},
         {"entropy-ort", ActivationMethod::EntropyOrt},
         {"mse", ActivationMethod::Mse},
         {"octav", ActivationMethod::Octav}},
        a.method);
  }

  bool parseActivations(yaml::Node *node) {
    return forEachKey(
        node, "activations", [&](StringRef name, yaml::Node *value) {
          return parseActivationKey(name, value, config.activations);
        });
  }

  bool parseWeights(yaml::Node *node) {
    WeightSettings &w = config.weights;
    return forEachKey(node, "weights", [&](StringRef name, yaml::Node *value) {
      const SchemaKey &key = *findKey("weights", name);
      if (name == "bits")
        return readWord<int>(value, key, {{"8", 8}, {"7", 7}, {"16", 16}},
                             w.bits);
      if (name == "granularity")
        return readWord<WeightGranularity>(
            value, key,
            {{"per-channel", WeightGranularity::PerChannel},
             {"per-tensor", WeightGranularity::PerTensor}},
            w.granularity);
      if (name == "bias-correction")
        return readWord<bool>(value, key, {{"true", true}, {"false", false}},
                              w.biasCorrection);
      return readWord<WeightMethod>(
          value, key,
          {{"min-max", WeightMethod::MinMax}, {"mse", WeightMethod::Mse}},
          w.method);
    });
  }

  bool parseOverrides(yaml::Node *node) {
    auto *sequence = dyn_cast<yaml::SequenceNode>(node);
    if (!sequence)
      return fail(node, "'overrides' must be a list of entries that begin with "
                        "'- match:'");
    for (yaml::Node &entry : *sequence)
      if (!parseOverride(&entry) || !isGood())
        return false;
    return isGood();
  }

  bool parseOverride(yaml::Node *node) {
    ConfigOverride entry;
    std::tie(entry.line, entry.column) = placeOf(node);
    bool sets = false;
    if (!forEachKey(
            node, "overrides[]", [&](StringRef name, yaml::Node *value) {
              sets |= name != "match";
              if (name == "match")
                return parseMatch(value, entry);
              if (name == "activations")
                return parseOverrideActivations(value, entry);
              if (name == "dynamic")
                return parseDynamic(value, entry.granularity,
                                    entry.dynamicSymmetric);
              if (name == "weight-only")
                return parseWeightOnly(value, entry.format, entry.groupSize);
              if (name == "scheme") {
                QuantScheme scheme = QuantScheme::Static;
                if (!readScheme(value, *findKey("overrides[]", name), scheme))
                  return false;
                entry.scheme = scheme;
                return true;
              }
              return readWord<bool>(value, *findKey("overrides[]", name),
                                    {{"float", true}}, entry.keepFloat);
            }))
      return false;
    if (!entry.name && !entry.op && !entry.location)
      return fail(node, "an override needs 'match' with 'name', 'op' or "
                        "'location'");
    if (!sets)
      return fail(node, "an override sets nothing; add 'activations', "
                        "'scheme', 'dynamic', 'weight-only' or "
                        "'keep: float'");
    config.overrides.push_back(std::move(entry));
    return true;
  }

  bool parseMatch(yaml::Node *node, ConfigOverride &entry) {
    StringRef section = "overrides[].match";
    return forEachKey(node, section, [&](StringRef name, yaml::Node *value) {
      std::string text, problemOfRegex;
      if (!readText(value, *findKey(section, name), text))
        return false;
      if (name == "op") {
        entry.op = text;
        return true;
      }
      if (!Regex(text).isValid(problemOfRegex))
        return fail(value, "'" + text + "' is not a regular expression: " +
                               problemOfRegex);
      (name == "name" ? entry.name : entry.location) = text;
      return true;
    });
  }

  bool parseOverrideActivations(yaml::Node *node, ConfigOverride &entry) {
    return forEachKey(node, "activations",
                      [&](StringRef name, yaml::Node *value) {
                        ActivationSettings a;
                        if (!parseActivationKey(name, value, a))
                          return false;
                        if (name == "bits")
                          entry.bits = a.bits;
                        else if (name == "symmetric")
                          entry.symmetric = a.symmetric;
                        else if (name == "narrow-range")
                          entry.narrowRange = a.narrowRange;
                        else if (name == "method")
                          entry.method = a.method;
                        else
                          entry.percentile = a.percentile;
                        return true;
                      });
  }

  Config &config;
};

} // namespace

Expected<Config> Config::parse(StringRef text, StringRef file) {
  Config config;
  config.file = file.str();
  if (Error error = ConfigParser(text, file, config).parse())
    return std::move(error);
  return config;
}

Expected<Config> Config::load(StringRef path) {
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer =
      MemoryBuffer::getFileOrSTDIN(path, /*IsText=*/true);
  if (!buffer)
    return makeError("cannot read configuration '" + path +
                     "': " + buffer.getError().message());
  return parse((*buffer)->getBuffer(), path);
}
