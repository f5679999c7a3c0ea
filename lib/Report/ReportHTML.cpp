//===- ReportHTML.cpp - A report as a page --------------------------------===//

#include "Format.h"
#include "Page.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <cmath>

using namespace llvm;
using namespace quantopt;

/// Up to so many values, all histograms are open.
static constexpr size_t kOpenValues = 12;

namespace {
/// Writes the sections of the page, in their order.
class Page {
public:
  Page(raw_ostream &os, const QuantizationReport &report)
      : os(os), report(report) {}

  void write();

private:
  void writeSummary();
  void writeSources();
  void writeOutputs();
  void writeFindings();
  void writeValues();
  void writeValue(size_t number, const ValueReport &value);
  void writeHistograms();

  void tile(StringRef term, const std::string &value, std::string more);
  /// A cell with a number, which is sorted by `key`; empty without one.
  void number(const std::optional<double> &key, const std::string &text);
  void decibel(const std::optional<double> &db) {
    number(db, db ? formatDB(*db) : "");
  }
  /// Attributes of a box that scrolls, also by keyboard.
  void openBox(StringRef label) {
    os << "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\""
       << label << "\"><table";
  }

  raw_ostream &os;
  const QuantizationReport &report;
};
} // namespace

static std::string code(StringRef text) {
  return "<code>" + escapeHTML(text) + "</code>";
}

static std::string microseconds(double value) {
  return formatNumber(value, 3) + " \xC2\xB5s";
}

void Page::tile(StringRef term, const std::string &value, std::string more) {
  // A number keeps its unit.
  for (size_t at = 0; (at = more.find(" %", at)) != std::string::npos;)
    more.replace(at, 1, "&nbsp;");
  os << "<div><dt>" << term << "</dt><dd>" << value << " <small>" << more
     << "</small></dd></div>\n";
}

void Page::writeSummary() {
  os << "<section aria-label=\"Summary\">\n<dl class=\"tiles\">\n";
  if (!report.outputs.empty()) {
    const OutputReport &worst =
        *llvm::min_element(report.outputs, [](const auto &a, const auto &b) {
          return a.sqnrDB < b.sqnrDB;
        });
    tile("SQNR of the output", formatDB(worst.sqnrDB),
         report.outputs.size() > 1
             ? "the lowest of " + std::to_string(report.outputs.size()) +
                   " outputs, " + escapeHTML(worst.name)
             : "top-1 as float: " + formatNumber(100 * worst.top1Agreement) +
                   " %");
  }
  std::string share;
  if (report.weightBytesBefore)
    share = ", " +
            formatNumber(100 * double(report.weightBytesAfter) /
                             double(report.weightBytesBefore),
                         3) +
            " %";
  tile("Weights", formatBytes(report.weightBytesAfter),
       "of " + formatBytes(report.weightBytesBefore) + " in float" + share);
  const size_t dynamic = report.countOperations("dynamic");
  const size_t weightOnly = report.countOperations("weight-only");
  tile("Operations",
       std::to_string(report.countOperations("integer")) + " in integers",
       (dynamic ? std::to_string(dynamic) + " quantized at each run, " : "") +
           (weightOnly ? std::to_string(weightOnly) +
                             " in float with weights in fewer bits, "
                       : "") +
           std::to_string(report.countOperations("float")) + " in float");
  if (report.quantizedLatency) {
    std::string against;
    if (report.floatLatency)
      against = "float " + microseconds(report.floatLatency->median) + ", " +
                formatNumber(report.floatLatency->median /
                                 report.quantizedLatency->median,
                             3) +
                " times as long";
    tile("Latency, median", microseconds(report.quantizedLatency->median),
         against);
  }
  os << "</dl>\n";
  writeSources();
  writeOutputs();
  os << "</section>\n";
}

void Page::writeSources() {
  os << "<p>";
  auto samples = [](const std::optional<uint64_t> &count) {
    return count ? ", " + formatCount(*count) + " samples" : std::string();
  };
  if (!report.calibrationTable.empty())
    os << "Ranges from the table " << code(report.calibrationTable) << ". ";
  else if (!report.calibrationData.empty())
    os << "Ranges from " << code(report.calibrationData)
       << samples(report.calibrationSamples) << ". ";
  if (report.evaluationSamples) {
    os << "SQNR on " << code(report.evaluationData)
       << samples(report.evaluationSamples);
    if (report.evaluationData == report.calibrationData)
      os << ": those that ranges were chosen on";
    os << ". ";
  } else {
    os << "SQNR was not measured: no samples were given. ";
  }
  if (report.config.empty())
    os << "Settings: the defaults.";
  else
    os << "Settings: " << code(report.config) << ".";
  if (report.quantizedLatency)
    os << " Latency on one core, " << code(report.cpu) << ".";
  os << "</p>\n";
}

void Page::writeOutputs() {
  if (report.outputs.empty())
    return;
  openBox("Outputs");
  os << "><thead><tr><th scope=\"col\">Output</th>"
     << "<th scope=\"col\" class=\"number\">SQNR</th>"
     << "<th scope=\"col\" class=\"number\">Cosine</th>"
     << "<th scope=\"col\" class=\"number\">Largest error</th>"
     << "<th scope=\"col\" class=\"number\">Top-1 as float</th></tr></thead>"
     << "<tbody>\n";
  for (const OutputReport &output : report.outputs) {
    os << "<tr><th scope=\"row\" class=\"name\">" << escapeHTML(output.name)
       << "</th>";
    decibel(output.sqnrDB);
    number(output.cosine, formatNumber(output.cosine, 6));
    number(output.maxAbsError, formatNumber(output.maxAbsError));
    number(output.top1Agreement,
           formatNumber(100 * output.top1Agreement) + " %");
    os << "</tr>\n";
  }
  os << "</tbody></table></div>\n";
}

void Page::writeFindings() {
  std::string items;
  raw_string_ostream list(items);
  size_t found = 0;
  for (size_t i = 0; i < report.values.size(); ++i)
    for (const Finding &finding : findingsOf(report.values[i])) {
      ++found;
      list << "<li><span class=\"finding\">" << finding.kind
           << "</span> <a class=\"name\" href=\"#v" << i + 1 << "\">"
           << escapeHTML(report.values[i].name)
           << "</a>: " << escapeHTML(finding.text) << "</li>\n";
    }
  if (!found)
    return;
  os << "<section aria-labelledby=\"findings\"><h2 id=\"findings\">To look at"
     << "</h2>\n";
  // What many values share is no news at the top of the page.
  constexpr size_t kShown = 8;
  if (found > kShown)
    os << "<details><summary>" << found << " findings</summary>";
  os << "<ul class=\"findings\">\n" << items << "</ul>";
  if (found > kShown)
    os << "</details>";
  os << "</section>\n";
}

void Page::number(const std::optional<double> &key, const std::string &text) {
  os << "<td class=\"number\"";
  if (!key) {
    os << "></td>";
    return;
  }
  os << " data-value=\"";
  if (std::isinf(*key))
    os << (*key > 0 ? "Infinity" : "-Infinity");
  else
    os << formatNumber(*key, 9);
  os << "\">" << text << "</td>";
}

void Page::writeValue(size_t number, const ValueReport &value) {
  const std::string id = std::to_string(number);
  os << "<tr id=\"v" << id << "\" data-name=\"" << escapeHTML(value.name)
     << "\">";
  this->number(double(number), id);
  os << "<th scope=\"row\"><span class=\"name\">";
  if (value.statistics)
    os << "<a href=\"#h" << id << "\">" << escapeHTML(value.name) << "</a>";
  else
    os << escapeHTML(value.name);
  // The folder is that of the model, at the top of the page.
  os << "</span><small>" << escapeHTML(sys::path::filename(value.location))
     << "</small></th><td class=\"name\">" << escapeHTML(value.op) << "</td>"
     << "<td class=\"state-cell\"><span class=\"state state-"
     << escapeHTML(value.state) << "\">" << escapeHTML(value.state)
     << "</span>";
  if (!value.reason.empty())
    os << "<small class=\"reason\">" << escapeHTML(value.reason) << "</small>";
  for (const Finding &finding : findingsOf(value))
    os << "<small class=\"finding\">" << finding.kind << "</small>";
  os << "</td>";
  decibel(value.aloneDB);
  decibel(value.accumulatedDB);
  if (const auto &params = value.params) {
    os << "<td>" << escapeHTML(value.storage) << "</td>";
    this->number(params->scale, formatNumber(params->scale, 5));
    this->number(double(params->zeroPoint), std::to_string(params->zeroPoint));
    this->number(params->realMax() - params->realMin(),
                 "[" + formatNumber(params->realMin()) + ", " +
                     formatNumber(params->realMax()) + "]");
  } else {
    os << "<td></td>";
    for (int i = 0; i < 3; ++i)
      this->number(std::nullopt, "");
  }
  if (value.statistics && value.params) {
    double beyond =
        value.statistics->clippedBelow + value.statistics->clippedAbove;
    this->number(beyond, formatShare(beyond));
  } else {
    this->number(std::nullopt, "");
  }
  if (value.weightBytesBefore || value.weightBytesAfter)
    this->number(double(value.weightBytesAfter),
                 formatBytes(value.weightBytesAfter) + "<small>of " +
                     formatBytes(value.weightBytesBefore) + "</small>" +
                     (value.weights.empty()
                          ? ""
                          : "<small class=\"reason\">" +
                                escapeHTML(value.weights) + "</small>"));
  else
    this->number(std::nullopt, "");
  os << "<td class=\"why\">" << escapeHTML(value.why) << "</td></tr>\n";
}

void Page::writeValues() {
  os << "<section aria-labelledby=\"values\"><h2 id=\"values\">Values</h2>\n"
     << "<div class=\"tools\" hidden><label>Filter by name "
     << "<input type=\"search\"></label></div>\n";
  openBox("Values");
  os << " class=\"sortable\"><thead><tr>";
  const std::pair<const char *, bool> heads[] = {
      {"#", true},          {"Value", false},     {"Operation", false},
      {"State", false},     {"SQNR alone", true}, {"SQNR so far", true},
      {"Type", false},      {"Scale", true},      {"Zero point", true},
      {"Range", true},      {"Beyond it", true},  {"Weights", true},
      {"Range from", false}};
  for (auto [text, isNumber] : heads)
    os << "<th scope=\"col\"" << (isNumber ? " class=\"number\"" : "") << ">"
       << text << "</th>";
  os << "</tr></thead><tbody>\n";
  for (size_t i = 0; i < report.values.size(); ++i)
    writeValue(i + 1, report.values[i]);
  os << "</tbody></table></div></section>\n";
}

void Page::writeHistograms() {
  const size_t observed = llvm::count_if(
      report.values, [](const auto &value) { return value.statistics; });
  if (!observed)
    return;
  os << "<section aria-labelledby=\"histograms\"><h2 id=\"histograms\">"
     << "Histograms</h2>\n<p class=\"dim\">How often which value came, as a "
     << "logarithm. <span class=\"key key-end\">ends of the chosen range"
     << "</span> <span class=\"key key-beyond\">beyond it</span></p>\n"
     << "<div class=\"tools\" hidden><button type=\"button\">Open or close all"
     << "</button></div>\n<div class=\"cards\">\n";
  for (size_t i = 0; i < report.values.size(); ++i) {
    const ValueReport &value = report.values[i];
    if (!value.statistics)
      continue;
    os << "<details id=\"h" << i + 1 << "\" data-name=\""
       << escapeHTML(value.name) << "\""
       << (observed <= kOpenValues ? " open" : "") << "><summary>" << i + 1
       << " <span class=\"name\">" << escapeHTML(value.name) << "</span>";
    for (const Finding &finding : findingsOf(value))
      os << " <span class=\"finding\">" << finding.kind << "</span>";
    os << "</summary>" << drawHistogram(value) << "</details>\n";
  }
  os << "</div></section>\n";
}

void Page::write() {
  StringRef model = sys::path::filename(report.model);
  os << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta "
        "charset=\"utf-8\">\n"
     << "<meta name=\"viewport\" content=\"width=device-width, "
     << "initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light "
        "dark\">"
     << "\n<title>Quantization of " << escapeHTML(model) << "</title>\n<style>"
     << kPageStyle << "</style>\n</head>\n<body>\n"
     << "<header><h1>Quantization report</h1>\n<p>" << code(report.model)
     << "</p></header>\n<main>\n";
  writeSummary();
  writeFindings();
  if (std::string chart = drawLayers(report.values); !chart.empty())
    os << "<section aria-labelledby=\"layers\"><h2 id=\"layers\">SQNR by layer"
       << "</h2>\n"
       << chart << "</section>\n";
  writeValues();
  writeHistograms();
  os << "</main>\n<footer class=\"dim\"><p>SQNR is 20 log10(|x| / |x - y|), x "
     << "in float and y quantized, over all samples. Alone: from operands that "
     << "are right but for being rounded. So far: of the model up to there. A "
     << "value without SQNR is fused into what reads it, or only moves "
     << "another.</p></footer>\n<script>" << kPageScript
     << "</script>\n</body>\n</html>\n";
}

void quantopt::writeReportHTML(raw_ostream &os,
                               const QuantizationReport &report) {
  Page(os, report).write();
}
