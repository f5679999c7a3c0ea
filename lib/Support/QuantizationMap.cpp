//===- QuantizationMap.cpp - Reading and writing decided parameters -------===//

#include "quantopt/Support/QuantizationMap.h"

#include "YamlReader.h"
#include "quantopt/Support/OutputFiles.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <charconv>

using namespace llvm;
using namespace quantopt;

static Error makeError(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {

class MapParser : YamlReader {
public:
  MapParser(StringRef text, StringRef file, QuantizationMap &map)
      : YamlReader(text, file), map(map) {}

  Error parse() {
    return readDocument([&](yaml::Node *root) { return parseRoot(root); });
  }

private:
  template <typename T>
  bool readWord(yaml::Node *node, StringRef key,
                std::initializer_list<std::pair<StringRef, T>> words,
                T &result) {
    std::string text, allowed;
    for (const auto &[word, value] : words)
      allowed += (allowed.empty() ? "" : ", ") + word.str();
    if (!readText(node, key, allowed, text))
      return false;
    for (const auto &[word, value] : words)
      if (text == word) {
        result = value;
        return true;
      }
    return fail(node, "'" + text + "' is not a value of '" + key +
                          "'; allowed: " + allowed);
  }

  bool readInteger(yaml::Node *node, StringRef key, int64_t &result) {
    std::string text;
    if (!readText(node, key, "an integer", text))
      return false;
    if (StringRef(text).getAsInteger(10, result))
      return fail(node, "'" + text + "' is not a value of '" + key +
                            "'; allowed: an integer");
    return true;
  }

  /// A finite number, rounded to f32, that `isAllowed`.
  std::optional<float> readFloat(
      yaml::Node *node, StringRef key, StringRef allowed,
      function_ref<bool(float)> isAllowed = [](float) { return true; }) {
    std::string text;
    if (!readText(node, key, allowed, text))
      return std::nullopt;
    APFloat number(APFloat::IEEEsingle());
    Expected<APFloat::opStatus> status =
        number.convertFromString(text, APFloat::rmNearestTiesToEven);
    const bool isNumber = bool(status);
    if (!isNumber)
      consumeError(status.takeError());
    if (!isNumber || !number.isFinite() ||
        !isAllowed(number.convertToFloat())) {
      fail(node, "'" + text + "' is not a value of '" + key +
                     "'; allowed: " + allowed);
      return std::nullopt;
    }
    return number.convertToFloat();
  }

  bool parseRoot(yaml::Node *root) {
    bool hasVersion = false;
    if (!isa<yaml::NullNode>(root) &&
        !forEachKey(root, "", "version, values",
                    [&](StringRef key, yaml::Node *value) {
                      int version = 0;
                      if (key == "version") {
                        hasVersion = true;
                        return readWord<int>(value, key, {{"1", 1}}, version);
                      }
                      return forEachElement(value, key, [&](yaml::Node *entry) {
                        return parseValue(entry);
                      });
                    }))
      return false;
    if (!hasVersion)
      noteProblem(1, 1, "'version' is missing; add the line 'version: 1'");
    return hasVersion;
  }

  bool parseValue(yaml::Node *node) {
    MappedValue value;
    std::tie(value.line, value.column) = placeOf(node);
    yaml::Node *dynamic = nullptr, *weightOnly = nullptr;
    bool hasScheme = false;
    if (!forEachKey(
            node, "values",
            "name, op, tensor, scheme, dynamic, weight-only, params, why, "
            "weights",
            [&](StringRef key, yaml::Node *entry) {
              if (key == "name") {
                std::tie(value.line, value.column) = placeOf(entry);
                return readText(entry, key, "the name of a value", value.name);
              }
              if (key == "op")
                return readText(entry, key, "an operation", value.op);
              if (key == "tensor")
                return readText(entry, key, "a tensor type", value.tensor);
              if (key == "why")
                return readText(entry, key, "a text", value.why);
              if (key == "scheme") {
                hasScheme = true;
                return readWord<MappedValue::Scheme>(
                    entry, key,
                    {{"static", MappedValue::Scheme::Static},
                     {"dynamic", MappedValue::Scheme::Dynamic},
                     {"weight-only", MappedValue::Scheme::WeightOnly},
                     {"float", MappedValue::Scheme::Float}},
                    value.scheme);
              }
              if (key == "dynamic") {
                dynamic = entry;
                return parseDynamic(entry, value.dynamic);
              }
              if (key == "weight-only") {
                weightOnly = entry;
                return parseWeightOnly(entry, value.weightOnly);
              }
              if (key == "params") {
                value.params.emplace();
                return parseParams(entry, /*perAxis=*/false, *value.params);
              }
              return forEachElement(entry, key, [&](yaml::Node *weights) {
                return parseWeights(weights, value);
              });
            }))
      return false;
    if (value.name.empty())
      return fail(node, "an entry needs 'name', as quant-opt "
                        "--compile-to=import shows it");
    if (!hasScheme)
      return fail(node, "'" + value.name +
                            "' needs 'scheme'; allowed: static, dynamic, "
                            "weight-only, float");
    if (dynamic && value.scheme != MappedValue::Scheme::Dynamic)
      return fail(dynamic, "'dynamic' says something of scheme: dynamic only");
    if (weightOnly && value.scheme != MappedValue::Scheme::WeightOnly)
      return fail(weightOnly,
                  "'weight-only' says something of scheme: weight-only only");
    auto [first, isNew] = places.try_emplace(value.name, value.line);
    if (!isNew)
      return fail(node, "'" + value.name + "' is there twice, first at line " +
                            Twine(first->second) + "; remove one");
    map.values.push_back(std::move(value));
    return true;
  }

  bool parseDynamic(yaml::Node *node, DynamicSettings &settings) {
    return forEachKey(node, "dynamic", "granularity, symmetric",
                      [&](StringRef key, yaml::Node *value) {
                        if (key == "symmetric")
                          return readWord<bool>(
                              value, key, {{"true", true}, {"false", false}},
                              settings.symmetric);
                        return readWord<DynamicGranularity>(
                            value, key,
                            {{"row", DynamicGranularity::Row},
                             {"tensor", DynamicGranularity::Tensor}},
                            settings.granularity);
                      });
  }

  bool parseWeightOnly(yaml::Node *node, WeightOnlySettings &settings) {
    return forEachKey(node, "weight-only", "format, group-size",
                      [&](StringRef key, yaml::Node *value) {
                        if (key == "format")
                          return readWord<StoredFormat>(
                              value, key,
                              {{"int8", StoredFormat::Int8},
                               {"int4", StoredFormat::Int4},
                               {"float16", StoredFormat::Float16},
                               {"bfloat16", StoredFormat::BFloat16}},
                              settings.format);
                        int64_t size = 0;
                        if (!readInteger(value, key, size))
                          return false;
                        if (size < 0 || size > 65536)
                          return fail(value, "'group-size' is from 0 to 65536");
                        settings.groupSize = int(size);
                        return true;
                      });
  }

  bool parseWeights(yaml::Node *node, MappedValue &value) {
    MappedWeights weights;
    std::tie(weights.line, weights.column) = placeOf(node);
    bool hasOperand = false, hasParams = false;
    yaml::Node *operandNode = nullptr;
    if (!forEachKey(
            node, "weights", "operand, params, bias-correction",
            [&](StringRef key, yaml::Node *entry) {
              if (key == "bias-correction")
                return forEachElement(entry, key, [&](yaml::Node *element) {
                  std::optional<float> value =
                      readFloat(element, key, "a finite number");
                  weights.biasCorrection.push_back(value.value_or(0.0f));
                  return value.has_value();
                });
              if (key == "params") {
                hasParams = true;
                return parseParams(entry, /*perAxis=*/true, weights.params);
              }
              hasOperand = true;
              operandNode = entry;
              int64_t operand = 0;
              if (!readInteger(entry, key, operand))
                return false;
              if (operand < 0 || operand > 1000)
                return fail(entry, "there is no operand " + Twine(operand));
              weights.operand = unsigned(operand);
              return true;
            }))
      return false;
    if (!hasOperand || !hasParams)
      return fail(node, "weights need 'operand' and 'params'");
    for (const MappedWeights &other : value.weights)
      if (other.operand == weights.operand)
        return fail(operandNode, "operand " + Twine(weights.operand) +
                                     " is there twice; remove one");
    value.weights.push_back(std::move(weights));
    return true;
  }

  /// Scales are lists along an axis, which weights may have.
  bool parseParams(yaml::Node *node, bool perAxis, MappedParams &params) {
    yaml::Node *range = nullptr, *zeroPoint = nullptr;
    bool hasType = false, hasRange = false;
    if (!forEachKey(node, "params",
                    perAxis ? "type, range, axis, scale"
                            : "type, range, scale, zero-point",
                    [&](StringRef key, yaml::Node *entry) {
                      if (key == "type") {
                        hasType = true;
                        return parseType(entry, perAxis, params);
                      }
                      if (key == "range") {
                        range = entry;
                        return parseRange(entry, params, hasRange);
                      }
                      if (key == "scale")
                        return parseScales(entry, perAxis, params);
                      if (key == "axis") {
                        params.axis.emplace();
                        if (!readInteger(entry, key, *params.axis))
                          return false;
                        return *params.axis >= 0 ||
                               fail(entry, "'axis' counts from 0");
                      }
                      zeroPoint = entry;
                      params.zeroPoints.emplace_back();
                      return readInteger(entry, key, params.zeroPoints[0]);
                    }))
      return false;
    if (!hasType)
      return fail(node, "'type' is missing; allowed: i8, u8, i16");
    if (params.scales.empty())
      return fail(node, "'scale' is missing");
    if (!params.axis && params.scales.size() != 1)
      return fail(node, "several scales need the 'axis' that they count along");
    const int64_t lowest =
        params.isSigned ? -(int64_t(1) << (params.bits - 1)) : 0;
    const int64_t highest = lowest + (int64_t(1) << params.bits) - 1;
    if (!hasRange)
      params.qmin = lowest, params.qmax = highest;
    if (params.qmin < lowest || params.qmax > highest ||
        params.qmin >= params.qmax)
      return fail(range, "'range' is [least, largest] within [" +
                             Twine(lowest) + ", " + Twine(highest) + "]");
    if (!zeroPoint) {
      params.zeroPoints.assign(params.scales.size(), 0);
      if (params.qmin > 0 || params.qmax < 0)
        return fail(node, "'zero-point' is missing, and 0 is out of 'range'");
    }
    for (const int64_t z : params.zeroPoints)
      if (z < params.qmin || z > params.qmax)
        return fail(zeroPoint,
                    "the zero point " + Twine(z) + " is out of the range [" +
                        Twine(params.qmin) + ", " + Twine(params.qmax) + "]");
    return true;
  }

  bool parseType(yaml::Node *node, bool isWeight, MappedParams &params) {
    enum Word { I8, U8, I16 } word = I8;
    if (isWeight
            ? !readWord<Word>(node, "type", {{"i8", I8}, {"i16", I16}}, word)
            : !readWord<Word>(node, "type",
                              {{"i8", I8}, {"u8", U8}, {"i16", I16}}, word))
      return false;
    params.bits = word == I16 ? 16 : 8;
    params.isSigned = word != U8;
    return true;
  }

  bool parseRange(yaml::Node *node, MappedParams &params, bool &hasRange) {
    std::vector<int64_t> ends;
    if (!forEachElement(node, "range", [&](yaml::Node *entry) {
          ends.emplace_back();
          return readInteger(entry, "range", ends.back());
        }))
      return false;
    if (ends.size() != 2)
      return fail(node, "'range' is [least, largest]");
    params.qmin = ends[0], params.qmax = ends[1];
    hasRange = true;
    return true;
  }

  bool parseScales(yaml::Node *node, bool perAxis, MappedParams &params) {
    auto parseOne = [&](yaml::Node *entry) {
      std::optional<float> scale =
          readFloat(entry, "scale", "a number over 0 that an f32 holds",
                    [](float value) { return value > 0.0f; });
      params.scales.push_back(double(scale.value_or(0.0f)));
      return scale.has_value();
    };
    if (isa<yaml::SequenceNode>(node) && perAxis)
      return forEachElement(node, "scale", parseOne);
    return parseOne(node);
  }

  QuantizationMap &map;
  StringMap<unsigned> places;
};

} // namespace

Expected<QuantizationMap> QuantizationMap::parse(StringRef text,
                                                 StringRef file) {
  QuantizationMap map;
  map.file = file.str();
  if (Error error = MapParser(text, file, map).parse())
    return std::move(error);
  return map;
}

Expected<QuantizationMap> QuantizationMap::load(StringRef path) {
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer =
      MemoryBuffer::getFileOrSTDIN(path, /*IsText=*/true);
  if (!buffer)
    return makeError("cannot read quantization map '" + path +
                     "': " + buffer.getError().message());
  return parse((*buffer)->getBuffer(), path);
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

/// The shortest text that reads back as the same f32.
static std::string textOf(double scale) {
  char buffer[32];
  return std::string(
      buffer, std::to_chars(buffer, buffer + sizeof(buffer), float(scale)).ptr);
}

static std::string quoted(StringRef text) {
  return "\"" + yaml::escape(text, /*EscapePrintable=*/false) + "\"";
}

static void write(raw_ostream &os, const MappedParams &params) {
  os << "params: {type: " << (params.isSigned ? "i" : "u") << params.bits
     << ", range: [" << params.qmin << ", " << params.qmax << "], ";
  if (params.axis) {
    os << "axis: " << *params.axis << ", scale: [";
    interleaveComma(params.scales, os,
                    [&](double scale) { os << textOf(scale); });
    os << "]}\n";
    return;
  }
  os << "scale: " << textOf(params.scales[0]);
  if (params.zeroPoints[0] != 0)
    os << ", zero-point: " << params.zeroPoints[0];
  os << "}\n";
}

static StringRef getFormatName(StoredFormat format) {
  switch (format) {
  case StoredFormat::Int8:
    return "int8";
  case StoredFormat::Int4:
    return "int4";
  case StoredFormat::Float16:
    return "float16";
  case StoredFormat::BFloat16:
    return "bfloat16";
  }
  llvm_unreachable("unknown format");
}

std::string QuantizationMap::toYaml() const {
  std::string text;
  raw_string_ostream os(text);
  os << "# quant-opt quantization map: x = (q - zero-point) * scale for each "
        "value.\nversion: 1\nvalues:\n";
  for (const MappedValue &value : values) {
    os << "- name: " << quoted(value.name) << "\n";
    if (!value.op.empty())
      os << "  op: " << quoted(value.op) << "\n";
    if (!value.tensor.empty())
      os << "  tensor: " << quoted(value.tensor) << "\n";
    switch (value.scheme) {
    case MappedValue::Scheme::Static:
      os << "  scheme: static\n";
      break;
    case MappedValue::Scheme::Dynamic:
      os << "  scheme: dynamic\n  dynamic: {granularity: "
         << (value.dynamic.granularity == DynamicGranularity::Row ? "row"
                                                                  : "tensor")
         << ", symmetric: " << (value.dynamic.symmetric ? "true" : "false")
         << "}\n";
      break;
    case MappedValue::Scheme::WeightOnly:
      os << "  scheme: weight-only\n  weight-only: {format: "
         << getFormatName(value.weightOnly.format)
         << ", group-size: " << value.weightOnly.groupSize << "}\n";
      break;
    case MappedValue::Scheme::Float:
      os << "  scheme: float\n";
      break;
    }
    if (value.params) {
      os << "  ";
      write(os, *value.params);
    }
    if (!value.note.empty())
      os << "  # " << value.note << "\n";
    if (!value.why.empty())
      os << "  why: " << quoted(value.why) << "\n";
    if (!value.weights.empty())
      os << "  weights:\n";
    for (const MappedWeights &weights : value.weights) {
      os << "  - operand: " << weights.operand << "\n    ";
      write(os, weights.params);
      if (weights.biasCorrection.empty())
        continue;
      os << "    bias-correction: [";
      interleaveComma(weights.biasCorrection, os,
                      [&](float value) { os << textOf(value); });
      os << "]\n";
    }
  }
  return text;
}

Error QuantizationMap::save(StringRef path) const {
  Error error = writeOutput(path, [&](raw_ostream &os) {
    os << toYaml();
    return Error::success();
  });
  if (error)
    return makeError("cannot write quantization map " +
                     toString(std::move(error)));
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Asking
//===----------------------------------------------------------------------===//

static std::string placeIn(StringRef file, unsigned line, unsigned column) {
  return (file + ":" + Twine(line) + ":" + Twine(column)).str();
}

std::string QuantizationMap::placeOf(const MappedValue &value) const {
  return placeIn(file, value.line, value.column);
}

std::string QuantizationMap::placeOf(const MappedWeights &weights) const {
  return placeIn(file, weights.line, weights.column);
}

MappedParams MappedParams::onSignedStorage() const {
  MappedParams result = *this;
  if (isSigned)
    return result;
  const int64_t half = int64_t(1) << (bits - 1);
  result.isSigned = true;
  result.qmin -= half;
  result.qmax -= half;
  for (int64_t &zeroPoint : result.zeroPoints)
    zeroPoint -= half;
  return result;
}

std::string MappedParams::describe() const {
  std::string text =
      (Twine(isSigned ? "i" : "u") + Twine(bits) + ", scale ").str();
  text += scales.size() == 1 ? textOf(scales[0])
                             : (Twine(scales.size()) + " values").str();
  return text + ", zero point " + std::to_string(zeroPoints[0]);
}
