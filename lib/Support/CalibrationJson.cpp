//===- CalibrationJson.cpp - Writing calibration tables -------------------===//

#include "quantopt/Support/CalibrationJson.h"

#include <charconv>

using namespace quantopt;

template <typename T>
static void appendNumber(std::string &out, T value) {
  // to_chars: the shortest text that reads back as the same value, in no
  // locale.
  char buffer[32];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof(buffer), value).ptr);
}

static void appendString(std::string &out, const std::string &text) {
  static const char digits[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

/// Runs of neighbouring bins: [first bin, count, count, ...].
static void appendBins(std::string &out,
                       const std::vector<std::pair<uint16_t, uint64_t>> &bins) {
  out += '[';
  int expected = -1;
  for (const auto &[bin, count] : bins) {
    if (int(bin) != expected) {
      out += expected < 0 ? "[" : "],[";
      appendNumber(out, bin);
    }
    out += ',';
    appendNumber(out, count);
    expected = int(bin) + 1;
  }
  out += expected < 0 ? "]" : "]]";
}

std::string quantopt::calibrationToJson(const CalibrationRecords &records) {
  std::string out = "{\"format\":\"";
  out += kCalibrationFormat;
  out += "\",\"version\":";
  appendNumber(out, kCalibrationVersion);
  out += ",\n\"tensors\":[";
  const char *separator = "\n";
  for (const auto &[id, record] : records) {
    const Histogram::State state = record.histogram.state();
    out += separator;
    separator = ",\n";
    out += "{\"id\":";
    appendString(out, id);
    if (!record.type.empty()) {
      out += ",\"type\":";
      appendString(out, record.type);
    }
    out += ",\"min\":";
    appendNumber(out, state.min);
    out += ",\"max\":";
    appendNumber(out, state.max);
    const std::pair<const char *, uint64_t> counts[] = {
        {",\"zeros\":", state.zeros},
        {",\"nan\":", state.nans},
        {",\"posInf\":", state.posInfs},
        {",\"negInf\":", state.negInfs}};
    for (const auto &[key, count] : counts) {
      out += key;
      appendNumber(out, count);
    }
    if (record.samples.count != 0) {
      out += ",\"samples\":";
      appendNumber(out, record.samples.count);
      out += ",\"minSum\":";
      appendString(out, record.samples.minSum.toText());
      out += ",\"maxSum\":";
      appendString(out, record.samples.maxSum.toText());
    }
    if (record.inputMeans.count != 0) {
      out += ",\n \"inputSamples\":";
      appendNumber(out, record.inputMeans.count);
      out += ",\"inputSums\":[";
      for (const ExactSum &sum : record.inputMeans.sums) {
        if (&sum != &record.inputMeans.sums.front())
          out += ',';
        appendString(out, sum.toText());
      }
      out += ']';
    }
    out += ",\n \"bins\":";
    appendBins(out, state.bins);
    out += '}';
  }
  out += "\n]}\n";
  return out;
}
