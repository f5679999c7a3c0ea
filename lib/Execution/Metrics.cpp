//===- Metrics.cpp - How good and how fast a run was ----------------------===//

#include "quantopt/Execution/Metrics.h"
#include "quantopt/Support/JsonNumber.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace llvm;
using namespace quantopt;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <typename T>
static void appendElements(const void *data, int64_t count,
                           std::vector<double> &values) {
  const char *bytes = static_cast<const char *>(data);
  for (int64_t i = 0; i < count; ++i) {
    T element;
    std::memcpy(&element, bytes + i * sizeof(T), sizeof(T));
    values.push_back(static_cast<double>(element));
  }
}

static void appendHalves(const void *data, const fltSemantics &semantics,
                         int64_t count, std::vector<double> &values) {
  const char *bytes = static_cast<const char *>(data);
  for (int64_t i = 0; i < count; ++i) {
    uint16_t bits;
    std::memcpy(&bits, bytes + i * sizeof(bits), sizeof(bits));
    APFloat value(semantics, APInt(16, bits));
    bool losesInfo;
    value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                  &losesInfo);
    values.push_back(value.convertToDouble());
  }
}

void quantopt::appendAsDouble(const void *data, ElementType type, int64_t count,
                              std::vector<double> &values) {
  values.reserve(values.size() + count);
  switch (type) {
  case ElementType::I1:
    return appendElements<uint8_t>(data, count, values);
  case ElementType::I8:
    return appendElements<int8_t>(data, count, values);
  case ElementType::I16:
    return appendElements<int16_t>(data, count, values);
  case ElementType::I32:
    return appendElements<int32_t>(data, count, values);
  case ElementType::I64:
    return appendElements<int64_t>(data, count, values);
  case ElementType::F16:
    return appendHalves(data, APFloat::IEEEhalf(), count, values);
  case ElementType::BF16:
    return appendHalves(data, APFloat::BFloat(), count, values);
  case ElementType::F32:
    return appendElements<float>(data, count, values);
  case ElementType::F64:
    return appendElements<double>(data, count, values);
  }
}

size_t quantopt::argmax(ArrayRef<double> values) {
  size_t best = 0;
  for (size_t i = 1; i < values.size(); ++i)
    if (values[i] > values[best] ||
        (std::isnan(values[best]) && !std::isnan(values[i])))
      best = i;
  return best;
}

void OutputComparison::add(ArrayRef<double> expected, ArrayRef<double> actual) {
  assert(expected.size() == actual.size() && "one shape");
  double dot = 0, expectedSquares = 0, actualSquares = 0;
  for (auto [x, y] : llvm::zip_equal(expected, actual)) {
    if (std::isfinite(x))
      signal += x * x;
    dot += x * y;
    expectedSquares += x * x;
    actualSquares += y * y;
    // Equal infinities and NaN for NaN are equal, not inf - inf.
    if (x == y || (std::isnan(x) && std::isnan(y)))
      continue;
    double error = std::abs(x - y);
    if (!std::isfinite(error))
      error = kInfinity;
    noise += error * error;
    maxAbsError = std::max(maxAbsError, error);
  }
  double norms = std::sqrt(expectedSquares) * std::sqrt(actualSquares);
  if (expectedSquares == 0 && actualSquares == 0)
    cosines += 1;
  else if (norms > 0 && std::isfinite(norms))
    cosines += dot / norms;
  ++samples;
  agreeing += argmax(expected) == argmax(actual);
}

double OutputComparison::getSQNR() const {
  if (noise == 0)
    return kInfinity;
  if (!std::isfinite(noise) || !std::isfinite(signal) || signal == 0)
    return -kInfinity;
  return 10 * std::log10(signal / noise);
}

double OutputComparison::getMaxAbsError() const { return maxAbsError; }

double OutputComparison::getMeanCosine() const {
  return samples ? cosines / static_cast<double>(samples) : 0;
}

double OutputComparison::getTop1Agreement() const {
  return samples ? static_cast<double>(agreeing) / static_cast<double>(samples)
                 : 0;
}

void quantopt::printReport(raw_ostream &os, const RunReport &report) {
  os << "samples          " << report.samples << "\n";
  if (report.sqnrDB)
    os << "SQNR             " << format("%.2f dB\n", *report.sqnrDB);
  if (report.maxAbsError)
    os << "max abs error    " << format("%.6g\n", *report.maxAbsError);
  if (report.top1Agreement)
    os << "top-1 agreement  " << format("%.4f\n", *report.top1Agreement);
  if (report.cosine)
    os << "mean cosine      " << format("%.6f\n", *report.cosine);
  if (report.accuracy)
    os << "accuracy         " << format("%.4f\n", *report.accuracy);
  if (report.latency)
    os << "latency          "
       << format("min %.2f us, median %.2f us\n",
                 report.latency->minMicroseconds,
                 report.latency->medianMicroseconds);
  if (report.profile)
    printProfile(os, *report.profile);
}

void quantopt::writeReportJSON(raw_ostream &os, const RunReport &report) {
  json::OStream json(os, /*IndentSize=*/2);
  auto number = [&](StringRef key, std::optional<double> value) {
    if (value)
      writeNumber(json, key, *value);
  };
  json.object([&] {
    number("sqnr_db", report.sqnrDB);
    number("max_abs_error", report.maxAbsError);
    number("top1_agreement", report.top1Agreement);
    number("cosine", report.cosine);
    number("accuracy", report.accuracy);
    json.attribute("samples", static_cast<int64_t>(report.samples));
    if (report.latency)
      json.attributeObject("latency_us", [&] {
        number("min", report.latency->minMicroseconds);
        number("median", report.latency->medianMicroseconds);
      });
    if (report.profile)
      writeProfileJSON(json, *report.profile);
  });
  os << "\n";
}
