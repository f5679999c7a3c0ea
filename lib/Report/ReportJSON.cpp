//===- ReportJSON.cpp - A report as JSON ----------------------------------===//

#include "quantopt/Report/Report.h"
#include "quantopt/Support/JsonNumber.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/JSON.h"

using namespace llvm;
using namespace quantopt;

namespace {
class Writer {
public:
  Writer(raw_ostream &os) : json(os, /*IndentSize=*/2) {}

  void write(const QuantizationReport &report);

private:
  void text(StringRef key, StringRef value) {
    if (!value.empty())
      json.attribute(key, json::fixUTF8(value));
  }
  void count(StringRef key, uint64_t value) { json.attribute(key, value); }
  void number(StringRef key, double value) { writeNumber(json, key, value); }
  void source(StringRef key, StringRef kind, StringRef file,
              const std::optional<uint64_t> &samples) {
    json.attributeObject(key, [&] {
      text(kind, file);
      if (samples)
        count("samples", *samples);
    });
  }
  void bytes(uint64_t before, uint64_t after, StringRef stored = "") {
    json.attributeObject("weights", [&] {
      count("bytes_before", before);
      count("bytes_after", after);
      text("stored", stored);
    });
  }
  void latency(StringRef key, const std::optional<LatencyReport> &latency) {
    if (latency)
      json.attributeObject(key, [&] {
        number("min", latency->min);
        number("median", latency->median);
      });
  }
  void write(const ValueReport &value);
  void write(const ValueStatistics &statistics, bool hasParams);

  json::OStream json;
};
} // namespace

void Writer::write(const ValueStatistics &statistics, bool hasParams) {
  json.attributeObject("statistics", [&] {
    count("count", statistics.count);
    number("min", statistics.min);
    number("max", statistics.max);
    count("zeros", statistics.zeros);
    count("nan", statistics.nans);
    count("pos_inf", statistics.posInfs);
    count("neg_inf", statistics.negInfs);
    if (hasParams) {
      number("clipped_below", statistics.clippedBelow);
      number("clipped_above", statistics.clippedAbove);
    }
    if (statistics.histogram.counts.empty())
      return;
    json.attributeObject("histogram", [&] {
      const DisplayHistogram &histogram = statistics.histogram;
      number("lower", histogram.lower);
      number("upper", histogram.upper);
      count("below", histogram.below);
      count("above", histogram.above);
      // One line: an array of numbers is read by programs.
      json.attributeBegin("counts");
      json.rawValue([&](raw_ostream &os) {
        os << "[";
        for (size_t i = 0; i < histogram.counts.size(); ++i)
          os << (i ? "," : "") << histogram.counts[i];
        os << "]";
      });
      json.attributeEnd();
    });
  });
}

void Writer::write(const ValueReport &value) {
  json.object([&] {
    text("name", value.name);
    text("op", value.op);
    text("location", value.location);
    text("state", value.state);
    text("reason", value.reason);
    if (value.params)
      json.attributeObject("type", [&] {
        text("storage", value.storage);
        number("scale", value.params->scale);
        json.attribute("zero_point", value.params->zeroPoint);
        json.attribute("qmin", value.params->qmin);
        json.attribute("qmax", value.params->qmax);
        number("min", value.params->realMin());
        number("max", value.params->realMax());
      });
    text("why", value.why);
    if (value.aloneDB)
      number("sqnr_alone_db", *value.aloneDB);
    if (value.accumulatedDB)
      number("sqnr_db", *value.accumulatedDB);
    if (value.weightBytesBefore || value.weightBytesAfter)
      bytes(value.weightBytesBefore, value.weightBytesAfter, value.weights);
    if (value.statistics)
      write(*value.statistics, value.params.has_value());
    json.attributeArray("findings", [&] {
      for (const Finding &finding : findingsOf(value))
        json.object([&] {
          text("kind", finding.kind);
          text("text", finding.text);
        });
    });
  });
}

void Writer::write(const QuantizationReport &report) {
  json.object([&] {
    text("format", kReportFormat);
    json.attribute("version", kReportVersion);
    text("model", report.model);
    text("config", report.config);
    if (!report.calibrationTable.empty())
      source("calibration", "table", report.calibrationTable, std::nullopt);
    else if (!report.calibrationData.empty())
      source("calibration", "data", report.calibrationData,
             report.calibrationSamples);
    if (report.evaluationSamples)
      source("evaluation", "data", report.evaluationData,
             report.evaluationSamples);
    json.attributeObject("operations", [&] {
      for (auto [key, state] :
           {std::pair("integer", "integer"), std::pair("dynamic", "dynamic"),
            std::pair("weight_only", "weight-only"),
            std::pair("float", "float")})
        count(key, report.countOperations(state));
    });
    bytes(report.weightBytesBefore, report.weightBytesAfter);
    json.attributeArray("outputs", [&] {
      for (const OutputReport &output : report.outputs)
        json.object([&] {
          text("name", output.name);
          number("sqnr_db", output.sqnrDB);
          number("cosine", output.cosine);
          number("max_abs_error", output.maxAbsError);
          number("top1_agreement", output.top1Agreement);
        });
    });
    if (report.floatLatency || report.quantizedLatency)
      json.attributeObject("latency_us", [&] {
        latency("float", report.floatLatency);
        latency("quantized", report.quantizedLatency);
        text("cpu", report.cpu);
      });
    json.attributeArray("values", [&] {
      for (const ValueReport &value : report.values)
        write(value);
    });
  });
}

void quantopt::writeReportJSON(raw_ostream &os,
                               const QuantizationReport &report) {
  Writer(os).write(report);
  os << "\n";
}
