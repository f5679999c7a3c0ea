//===- Evaluation.cpp - Run samples and measure ---------------------------===//

#include "Run.h"

#include "quantopt/Support/Npz.h"
#include "quantopt/Support/ProgressBar.h"

#include "llvm/Support/raw_ostream.h"

#include <optional>

using namespace llvm;
using namespace quantopt;

Expected<std::pair<std::string, size_t>>
quantopt::parseExpected(StringRef text, const Signature &signature) {
  auto [name, number] = text.rsplit('=');
  size_t output = 0;
  if (!number.empty() && number.getAsInteger(10, output))
    return createStringError("--expected=" + text + ": '" + number +
                             "' is no number of an output");
  if (output >= signature.outputs.size())
    return createStringError("--expected=" + text + ": '" + signature.entry +
                             "' has " + Twine(signature.outputs.size()) +
                             " outputs, numbered from 0");
  return std::pair(name.str(), output);
}

namespace {
/// Compares one output with an array of the file.
class ExpectedOutput {
public:
  static Expected<ExpectedOutput> open(StringRef option,
                                       const Signature &signature,
                                       const SampleFeeder &feeder) {
    Expected<std::pair<std::string, size_t>> parsed =
        parseExpected(option, signature);
    if (!parsed)
      return parsed.takeError();
    const TensorSpec &tensor = signature.outputs[parsed->second];
    Expected<SampleArray> array = feeder.openArray(
        parsed->first, tensor,
        "output '" + tensor.name + "' of '" + signature.entry + "'");
    if (!array)
      return array.takeError();
    return ExpectedOutput(std::move(*array), tensor, parsed->second);
  }

  Error add(const OutputBuffers &outputs) {
    if (Error error = array.read())
      return error;
    expected.clear();
    actual.clear();
    int64_t count = tensor.numElements();
    appendAsDouble(array.getBuffer().data(), tensor.type, count, expected);
    appendAsDouble(outputs.bytes(output).data(), tensor.type, count, actual);
    comparison.add(expected, actual);
    return Error::success();
  }

  void fill(RunReport &report) const {
    report.sqnrDB = comparison.getSQNR();
    report.cosine = comparison.getMeanCosine();
    report.maxAbsError = comparison.getMaxAbsError();
    report.top1Agreement = comparison.getTop1Agreement();
  }

private:
  ExpectedOutput(SampleArray array, const TensorSpec &tensor, size_t output)
      : array(std::move(array)), tensor(tensor), output(output) {}

  SampleArray array;
  TensorSpec tensor;
  size_t output;
  OutputComparison comparison;
  std::vector<double> expected, actual;
};

/// Counts how often the largest element of output 0 stands at the label.
class Labels {
public:
  static Expected<Labels> open(StringRef name, const Signature &signature,
                               const SampleFeeder &feeder) {
    if (signature.outputs.empty())
      return createStringError("--labels: '" + signature.entry +
                               "' has no output");
    TensorSpec label{name.str(), {1}, ElementType::I64};
    Expected<SampleArray> array =
        feeder.openArray(name, label, "a label of each sample");
    if (!array)
      return array.takeError();
    return Labels(std::move(*array), signature.outputs.front());
  }

  Error add(const OutputBuffers &outputs, int64_t sample) {
    if (Error error = array.read())
      return error;
    int64_t label;
    std::memcpy(&label, array.getBuffer().data(), sizeof(label));
    if (label < 0 || label >= tensor.numElements())
      return createStringError("label " + Twine(label) + " of sample " +
                               Twine(sample) + " in array '" + array.getName() +
                               "' is none of the " +
                               Twine(tensor.numElements()) +
                               " classes of output '" + tensor.name + "'");
    scores.clear();
    appendAsDouble(outputs.bytes(0).data(), tensor.type, tensor.numElements(),
                   scores);
    correct += argmax(scores) == static_cast<size_t>(label);
    ++samples;
    return Error::success();
  }

  double getAccuracy() const {
    return static_cast<double>(correct) / static_cast<double>(samples);
  }

private:
  Labels(SampleArray array, const TensorSpec &tensor)
      : array(std::move(array)), tensor(tensor) {}

  SampleArray array;
  TensorSpec tensor;
  std::vector<double> scores;
  uint64_t correct = 0, samples = 0;
};

/// Keeps all outputs of all samples for one .npz.
class OutputRecorder {
public:
  explicit OutputRecorder(const Signature &signature)
      : tensors(signature.outputs), bytes(signature.outputs.size()) {}

  void add(const OutputBuffers &outputs) {
    for (size_t i = 0; i < tensors.size(); ++i)
      bytes[i] += outputs.bytes(i);
    ++samples;
  }

  Error write(StringRef path) const {
    NpzWriter writer;
    for (auto [tensor, data] : llvm::zip_equal(tensors, bytes)) {
      std::optional<NpyType> type = getNpyType(tensor.type);
      if (!type)
        return createStringError("--outputs: output '" + tensor.name +
                                 "' is of " + getName(tensor.type) +
                                 ", which .npz files do not hold");
      // A leading 1 is the batch: the samples take its place.
      ArrayRef<int64_t> sizes = tensor.shape;
      if (!sizes.empty() && sizes.front() == 1)
        sizes = sizes.drop_front();
      SmallVector<int64_t> shape = {samples};
      shape.append(sizes.begin(), sizes.end());
      writer.add(tensor.name, *type, shape, data.data());
    }
    return writer.write(path);
  }

private:
  static std::optional<NpyType> getNpyType(ElementType type) {
    switch (type) {
    case ElementType::I1:
      return NpyType::Bool;
    case ElementType::I8:
      return NpyType::I8;
    case ElementType::I16:
      return NpyType::I16;
    case ElementType::I32:
      return NpyType::I32;
    case ElementType::I64:
      return NpyType::I64;
    case ElementType::F32:
      return NpyType::F32;
    case ElementType::F64:
      return NpyType::F64;
    case ElementType::F16:
    case ElementType::BF16:
      return std::nullopt;
    }
    llvm_unreachable("unknown element type");
  }

  std::vector<TensorSpec> tensors;
  std::vector<std::string> bytes;
  int64_t samples = 0;
};
} // namespace

Expected<RunReport> quantopt::evaluate(const CompiledModel &model,
                                       SampleFeeder &feeder,
                                       const EvaluationOptions &options) {
  const Signature &signature = model.getSignature();
  std::optional<ExpectedOutput> expected;
  if (!options.expected.empty()) {
    Expected<ExpectedOutput> opened =
        ExpectedOutput::open(options.expected, signature, feeder);
    if (!opened)
      return opened.takeError();
    expected.emplace(std::move(*opened));
  }
  std::optional<Labels> labels;
  if (!options.labels.empty()) {
    Expected<Labels> opened = Labels::open(options.labels, signature, feeder);
    if (!opened)
      return opened.takeError();
    labels.emplace(std::move(*opened));
  }
  std::optional<OutputRecorder> recorder;
  if (!options.outputsPath.empty())
    recorder.emplace(signature);

  RunReport report;
  OutputBuffers outputs(signature);
  ProgressBar progress("running", feeder.getNumSamples());
  while (true) {
    Expected<bool> more = feeder.next();
    if (!more)
      return more.takeError();
    if (!*more)
      break;
    if (options.benchmark && report.samples == 0)
      report.latency = benchmark(model, feeder.getInputs(), outputs);
    if (options.profile && report.samples == 0)
      report.profile = profile(model, feeder.getInputs(), outputs);
    model.run(feeder.getInputs(), outputs.pointers());
    if (expected)
      if (Error error = expected->add(outputs))
        return error;
    if (labels)
      if (Error error = labels->add(outputs, report.samples))
        return error;
    if (recorder)
      recorder->add(outputs);
    ++report.samples;
    progress.advance();
  }
  if (expected)
    expected->fill(report);
  if (labels)
    report.accuracy = labels->getAccuracy();
  if (recorder)
    if (Error error = recorder->write(options.outputsPath))
      return error;
  return report;
}

/// Describes the first element in which two outputs differ.
static std::string describeDifference(const TensorSpec &tensor,
                                      StringRef vector, StringRef scalar) {
  unsigned width = getByteWidth(tensor.type);
  int64_t element = 0;
  while (vector.substr(element * width, width) ==
         scalar.substr(element * width, width))
    ++element;
  std::vector<double> values;
  appendAsDouble(vector.data() + element * width, tensor.type, 1, values);
  appendAsDouble(scalar.data() + element * width, tensor.type, 1, values);
  std::string text;
  raw_string_ostream(text) << "element " << element << " of output '"
                           << tensor.name << "': "
                           << format("%.9g with auto, %.9g with scalar kernels",
                                     values[0], values[1]);
  return text;
}

Expected<bool> quantopt::compareKernels(const CompiledModel &vector,
                                        const CompiledModel &scalar,
                                        SampleFeeder &feeder) {
  const Signature &signature = vector.getSignature();
  OutputBuffers vectorOutputs(signature), scalarOutputs(signature);
  ProgressBar progress("comparing kernels", feeder.getNumSamples());
  int64_t samples = 0, differing = 0;
  std::string first;
  while (true) {
    Expected<bool> more = feeder.next();
    if (!more)
      return more.takeError();
    if (!*more)
      break;
    vector.run(feeder.getInputs(), vectorOutputs.pointers());
    scalar.run(feeder.getInputs(), scalarOutputs.pointers());
    bool equal = true;
    for (auto [i, tensor] : llvm::enumerate(signature.outputs)) {
      if (vectorOutputs.bytes(i) == scalarOutputs.bytes(i))
        continue;
      equal = false;
      if (first.empty())
        first = "sample " + std::to_string(samples) + ", " +
                describeDifference(tensor, vectorOutputs.bytes(i),
                                   scalarOutputs.bytes(i));
    }
    differing += !equal;
    ++samples;
    progress.advance();
  }
  if (differing == 0)
    outs() << "kernels          auto and scalar give the same bytes in all "
           << samples << " samples\n";
  else
    outs() << "kernels          auto and scalar differ in " << differing
           << " of " << samples << " samples; first " << first << "\n";
  return differing == 0;
}
