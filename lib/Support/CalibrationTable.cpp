//===- CalibrationTable.cpp - Reading, merging and saving tables ----------===//

#include "quantopt/Support/CalibrationTable.h"

#include "JsonPlace.h"
#include "quantopt/Support/OutputFiles.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace quantopt;

static Error makeError(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {

/// Reads one entry of "tensors", and says in `problem` what is wrong with it
/// and in `steps` where in the entry that is.
class EntryReader {
public:
  EntryReader(const json::Object &object, int64_t version)
      : object(object), version(version) {}

  bool read(std::string &id, CalibrationRecord &record) {
    const std::optional<StringRef> name = object.getString("id");
    if (!name)
      return fail({"id"}, "'id' is missing or not a string");
    id = name->str();
    static const StringRef known[] = {"id",  "type",   "min",    "max", "zeros",
                                      "nan", "posInf", "negInf", "bins"};
    static const StringRef since2[] = {"samples", "minSum", "maxSum"};
    static const StringRef since3[] = {"inputSamples", "inputSums"};
    for (const auto &field : object)
      if (!is_contained(known, StringRef(field.first)) &&
          (version < 2 || !is_contained(since2, StringRef(field.first))) &&
          (version < 3 || !is_contained(since3, StringRef(field.first))))
        return fail({StringRef(field.first)},
                    "unknown key '" + field.first.str() + "'");
    if (const json::Value *type = object.get("type")) {
      const std::optional<StringRef> text = type->getAsString();
      if (!text)
        return fail({"type"}, "'type' is not a string");
      record.type = text->str();
    }

    Histogram::State state;
    if (!readFloat("min", state.min) || !readFloat("max", state.max) ||
        !readCount("zeros", state.zeros) || !readCount("nan", state.nans) ||
        !readCount("posInf", state.posInfs) ||
        !readCount("negInf", state.negInfs) || !readBins(state))
      return false;
    std::optional<Histogram> histogram = Histogram::fromState(state);
    if (!histogram)
      return fail({"bins"}, "'bins', 'min' and 'max' contradict each other");
    record.histogram = std::move(*histogram);
    return readSamples(record) && readInputMeans(record.inputMeans);
  }

  std::string problem;
  SmallVector<JsonStep> steps;

private:
  bool fail(std::initializer_list<JsonStep> where, std::string text) {
    steps = where;
    problem = std::move(text);
    return false;
  }

  bool readFloat(StringRef key, float &result) {
    const std::optional<double> number = object.getNumber(key);
    if (!number)
      return fail({key}, ("'" + key + "' is missing or not a number").str());
    result = static_cast<float>(*number);
    return true;
  }

  bool readCount(StringRef key, uint64_t &result) {
    const json::Value *value = object.get(key);
    const std::optional<uint64_t> count =
        value ? value->getAsUINT64() : std::nullopt;
    if (!count)
      return fail({key}, ("'" + key + "' is missing or not a count").str());
    result = *count;
    return true;
  }

  static std::optional<ExactSum> readSum(const json::Value *value) {
    const std::optional<StringRef> text =
        value ? value->getAsString() : std::nullopt;
    return text ? ExactSum::fromText(text->str()) : std::nullopt;
  }

  bool readSum(StringRef key, ExactSum &result) {
    const std::optional<ExactSum> sum = readSum(object.get(key));
    if (!sum)
      return fail(
          {key},
          ("'" + key + "' is missing or not an exact sum such as \"-0x3p-1\"")
              .str());
    result = *sum;
    return true;
  }

  bool readSamples(CalibrationRecord &record) {
    if (!object.get("samples") && !object.get("minSum") &&
        !object.get("maxSum"))
      return true;
    SampleExtrema &samples = record.samples;
    if (!readCount("samples", samples.count) ||
        !readSum("minSum", samples.minSum) ||
        !readSum("maxSum", samples.maxSum))
      return false;
    // A sample has a value, and the means lie between the extrema.
    if (samples.count == 0 || samples.count > record.histogram.finite() ||
        float(samples.meanMin()) < record.histogram.min() ||
        float(samples.meanMax()) > record.histogram.max() ||
        samples.meanMin() > samples.meanMax())
      return fail({"samples"},
                  "'samples', 'minSum' and 'maxSum' contradict the rest");
    return true;
  }

  bool readInputMeans(ChannelMeans &means) {
    if (!object.get("inputSamples") && !object.get("inputSums"))
      return true;
    const json::Array *sums = object.getArray("inputSums");
    if (!sums || sums->empty())
      return fail({"inputSums"},
                  "'inputSums' is missing or not an array of sums");
    if (!readCount("inputSamples", means.count))
      return false;
    if (means.count == 0)
      return fail({"inputSamples"}, "'inputSamples' is 0");
    for (const json::Value &value : *sums) {
      const std::optional<ExactSum> sum = readSum(&value);
      if (!sum)
        return fail({"inputSums", means.sums.size()},
                    "an element of 'inputSums' is not an exact sum such as "
                    "\"-0x3p-1\"");
      means.sums.push_back(*sum);
    }
    return true;
  }

  bool readBins(Histogram::State &state) {
    const json::Array *runs = object.getArray("bins");
    if (!runs)
      return fail({"bins"}, "'bins' is missing or not an array");
    for (const auto &[index, value] : enumerate(*runs)) {
      const json::Array *run = value.getAsArray();
      if (!run || run->size() < 2)
        return fail({"bins", index},
                    "an element of 'bins' is not [first bin, count, ...]");
      const std::optional<uint64_t> first = run->front().getAsUINT64();
      if (!first || *first + run->size() - 1 > Histogram::kNumBins)
        return fail({"bins", index},
                    "a run of 'bins' does not lie in 0..65535");
      for (size_t i = 1; i < run->size(); ++i) {
        const std::optional<uint64_t> count = (*run)[i].getAsUINT64();
        if (!count)
          return fail({"bins", index, i},
                      "an element of 'bins' is not a count");
        state.bins.push_back({static_cast<uint16_t>(*first + i - 1), *count});
      }
    }
    return true;
  }

  const json::Object &object;
  const int64_t version;
};

} // namespace

/// `error`, which begins with "[line:column, byte=n]: ", columns from 0, as
/// others here do.
static Error makeSyntaxError(StringRef file, Error error) {
  const std::string text = toString(std::move(error));
  StringRef rest = text;
  unsigned line = 0, column = 0;
  if (!rest.consume_front("[") || rest.consumeInteger(10, line) ||
      !rest.consume_front(":") || rest.consumeInteger(10, column))
    return makeError(file + ": not valid JSON: " + text);
  return makeError(
      file + ":" + Twine(line) + ":" + Twine(column + 1) +
      ": not valid JSON (truncated?): " + rest.split("]: ").second);
}

Expected<CalibrationTable>
CalibrationTable::parse(StringRef text, StringRef file, EntryCheck check) {
  auto fail = [&](ArrayRef<JsonStep> path, const Twine &what) {
    return makeError(findJsonPlace(text, file, path) + ": " + what);
  };
  Expected<json::Value> json = json::parse(text);
  if (!json)
    return makeSyntaxError(file, json.takeError());
  const json::Object *root = json->getAsObject();
  if (!root || root->getString("format") != StringRef(kCalibrationFormat))
    return fail({"format"},
                Twine("not a calibration table: \"format\" is not \"") +
                    kCalibrationFormat + "\"");
  const std::optional<int64_t> version = root->getInteger("version");
  if (!version)
    return fail({"version"}, "'version' is missing or not an integer");
  if (*version < 1 || *version > kCalibrationVersion)
    return fail({"version"},
                "the table has version " + Twine(*version) +
                    ", but only versions 1 to " + Twine(kCalibrationVersion) +
                    " can be read: calibrate again with this version");
  const json::Array *tensors = root->getArray("tensors");
  if (!tensors)
    return fail({"tensors"}, "'tensors' is missing or not an array");

  CalibrationRecords records;
  for (const auto &[index, value] : enumerate(*tensors)) {
    SmallVector<JsonStep> path = {"tensors", index};
    const json::Object *object = value.getAsObject();
    if (!object)
      return fail(path, "tensor " + Twine(index) + " is not an object");
    EntryReader reader(*object, *version);
    std::string id;
    CalibrationRecord record;
    if (!reader.read(id, record)) {
      path.append(reader.steps);
      return fail(path, "tensor " + Twine(index) +
                            (id.empty() ? "" : " ('" + id + "')") + ": " +
                            reader.problem);
    }
    if (check)
      if (Error error = check(id, record)) {
        path.push_back("type");
        return fail(path, toString(std::move(error)));
      }
    if (!records.emplace(id, std::move(record)).second)
      return fail(path, "tensor '" + id + "' is there twice");
  }
  return CalibrationTable(std::move(records));
}

Expected<CalibrationTable> CalibrationTable::load(StringRef path,
                                                  EntryCheck check) {
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer =
      MemoryBuffer::getFileOrSTDIN(path, /*IsText=*/true);
  if (!buffer)
    return makeError("cannot read calibration table '" + path +
                     "': " + buffer.getError().message());
  return parse((*buffer)->getBuffer(), path, check);
}

//===----------------------------------------------------------------------===//
// Saving and merging
//===----------------------------------------------------------------------===//

Error CalibrationTable::save(StringRef path) const {
  for (const auto &[id, record] : records)
    if (!json::isUTF8(id) || !json::isUTF8(record.type))
      return makeError(
          "calibration table '" + path +
          "' not written: an observer's id or type is not UTF-8: '" +
          json::fixUTF8(id) + "'");
  Error error = writeOutput(path, [&](raw_ostream &os) {
    os << toJson();
    return Error::success();
  });
  if (error)
    return makeError("cannot write calibration table " +
                     toString(std::move(error)));
  return Error::success();
}

Error CalibrationTable::merge(const CalibrationTable &other) {
  for (const auto &[id, record] : other.records) {
    const CalibrationRecord *mine = lookup(id);
    if (mine && !mine->type.empty() && !record.type.empty() &&
        mine->type != record.type)
      return makeError(
          "calibration tables of different models cannot be merged: "
          "'" +
          id + "' is " + mine->type + " in one and " + record.type +
          " in the other");
  }
  for (const auto &[id, record] : other.records) {
    CalibrationRecord &mine = records[id];
    if (mine.type.empty())
      mine.type = record.type;
    mine.merge(record);
  }
  return Error::success();
}

const CalibrationRecord *CalibrationTable::lookup(StringRef id) const {
  const auto it = records.find(id.str());
  return it == records.end() ? nullptr : &it->second;
}
