//===- SampleFeeder.cpp - Samples of an .npz for a model's inputs ---------===//

#include "quantopt/Execution/SampleFeeder.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"

#include <cmath>

using namespace llvm;
using namespace quantopt;

Expected<std::unique_ptr<SampleFeeder>>
SampleFeeder::open(StringRef path, const Signature &signature,
                   const Options &options) {
  Expected<std::unique_ptr<NpzReader>> file = NpzReader::open(path);
  if (!file)
    return file.takeError();
  std::unique_ptr<SampleFeeder> feeder(new SampleFeeder());
  feeder->file = std::move(*file);
  feeder->policy = options.nonFinite;
  feeder->inputs = signature.inputs;
  feeder->nonFinite.resize(signature.inputs.size());
  if (Error error = feeder->bind(signature, options))
    return error;
  if (Error error = feeder->checkSampleCounts())
    return error;
  if (options.limit > 0)
    feeder->samples = std::min(feeder->samples, options.limit);
  for (const SampleArray &array : feeder->arrays)
    feeder->pointers.push_back(array.getBuffer().data());
  return feeder;
}

static std::string describeInput(const Signature &signature,
                                 const TensorSpec &input) {
  return "input '" + input.name + "' of '" + signature.entry + "'";
}

/// The arrays that inputs may take by position, in the order of the file.
static std::vector<const NpyArray *>
getPositional(const NpzReader &file, const Signature &signature,
              ArrayRef<std::string> reserved) {
  StringSet<> claimed;
  for (const TensorSpec &input : signature.inputs)
    claimed.insert(input.name);
  for (const std::string &name : reserved)
    claimed.insert(name);
  std::vector<const NpyArray *> arrays;
  for (const NpyArray &array : file.arrays())
    if (!claimed.contains(array.name))
      arrays.push_back(&array);
  return arrays;
}

Error SampleFeeder::bind(const Signature &signature, const Options &options) {
  std::vector<const NpyArray *> positional =
      getPositional(*file, signature, options.reserved);
  for (const TensorSpec &input : signature.inputs) {
    std::string role = describeInput(signature, input);
    const NpyArray *named = is_contained(options.reserved, input.name)
                                ? nullptr
                                : file->find(input.name);
    if (named) {
      Expected<SampleArray> array =
          SampleArray::open(*file, *named, input, role);
      if (!array)
        return array.takeError();
      arrays.push_back(std::move(*array));
      continue;
    }

    // By position: the first array that fits. Where none does, why not.
    std::string reasons;
    bool bound = false;
    for (auto it = positional.begin(); it != positional.end(); ++it) {
      Expected<SampleArray> array = SampleArray::open(*file, **it, input, role);
      if (!array) {
        reasons += "\n  " + toString(array.takeError());
        continue;
      }
      arrays.push_back(std::move(*array));
      positional.erase(it);
      bound = true;
      break;
    }
    if (!bound)
      return createStringError(
          "'" + file->path() + "': no array for " + role + " (" + input.str() +
          "): the file holds " + file->describeArrays() +
          "; add an array named '" + input.name + "'" + reasons);
  }
  return Error::success();
}

std::string SampleFeeder::describePositions() const {
  std::string text;
  size_t count = 0;
  for (auto [input, array] : llvm::zip_equal(inputs, arrays)) {
    if (array.getName() == input.name)
      continue;
    text += (text.empty() ? "input '" : ", input '") + input.name +
            "' takes array '" + array.getName().str() + "'";
    ++count;
  }
  return count > 1 ? text : std::string();
}

Error SampleFeeder::checkSampleCounts() {
  if (arrays.empty())
    return createStringError("'" + file->path() +
                             "': the model has no inputs to feed");
  samplesInFile = samples = arrays.front().getNumSamples();
  for (const SampleArray &array : arrays)
    if (array.getNumSamples() != samples)
      return createStringError(
          "'" + file->path() + "': array '" + arrays.front().getName() +
          "' holds " + Twine(samples) + " samples and array '" +
          array.getName() + "' " + Twine(array.getNumSamples()) +
          ": every input needs one array entry for each sample");
  if (samples == 0)
    return createStringError("'" + file->path() + "': array '" +
                             arrays.front().getName() + "' holds no samples");
  return Error::success();
}

Expected<SampleArray> SampleFeeder::openArray(StringRef name,
                                              const TensorSpec &tensor,
                                              const Twine &role) const {
  const NpyArray *found = file->find(name);
  if (!found)
    return createStringError("'" + file->path() + "': no array '" + name +
                             "' for " + role + ": the file holds " +
                             file->describeArrays());
  Expected<SampleArray> array = SampleArray::open(*file, *found, tensor, role);
  if (array && array->getNumSamples() != samplesInFile)
    return createStringError("'" + file->path() + "': array '" + name +
                             "' holds " + Twine(array->getNumSamples()) +
                             " samples, but the inputs " +
                             Twine(samplesInFile));
  return array;
}

Expected<bool> SampleFeeder::next() {
  if (position == samples)
    return false;
  if (Error error = readSample())
    return error;
  bool refused = policy == NonFinitePolicy::Error &&
                 any_of(nonFinite, [](const NonFiniteCount &count) {
                   return count.samples > 0;
                 });
  if (!refused)
    return true;
  // Read on, so that the error tells all of them and not only the first.
  while (position < samples)
    if (Error error = readSample())
      return error;
  return createStringError("'" + file->path() + "': " + describeNonFinite() +
                           "; remove these samples, or set the policy for "
                           "non-finite values to ignore");
}

Error SampleFeeder::readSample() {
  for (SampleArray &array : arrays)
    if (Error error = array.read())
      return error;
  countNonFinite();
  ++position;
  return Error::success();
}

template <typename T>
static void countIn(const void *data, int64_t count, uint64_t &nan,
                    uint64_t &infinite) {
  for (T value : ArrayRef(static_cast<const T *>(data), count)) {
    nan += std::isnan(value);
    infinite += std::isinf(value);
  }
}

void SampleFeeder::countNonFinite() {
  for (auto [input, pointer, count] :
       llvm::zip_equal(inputs, pointers, nonFinite)) {
    uint64_t before = count.nan + count.infinite;
    if (input.type == ElementType::F32)
      countIn<float>(pointer, input.numElements(), count.nan, count.infinite);
    else if (input.type == ElementType::F64)
      countIn<double>(pointer, input.numElements(), count.nan, count.infinite);
    if (count.nan + count.infinite == before)
      continue;
    ++count.samples;
    if (count.firstSample < 0)
      count.firstSample = position;
  }
}

std::string SampleFeeder::describeNonFinite() const {
  std::string text;
  for (auto [array, count] : llvm::zip_equal(arrays, nonFinite)) {
    if (count.samples == 0)
      continue;
    text += (text.empty() ? "array '" : "; array '") + array.getName().str() +
            "' holds " + std::to_string(count.nan) + " NaN and " +
            std::to_string(count.infinite) + " infinite values in " +
            std::to_string(count.samples) + " of the " +
            std::to_string(position) + " samples read, the first in sample " +
            std::to_string(count.firstSample);
  }
  return text;
}
