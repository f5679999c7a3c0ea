//===- Charts.cpp - Pictures of a report, as SVG --------------------------===//
//
// Pictures take the width that they get: their coordinates are stretched, lines
// and points are not (vector-effect), and what is written stands in HTML beside
// them.
//
//===----------------------------------------------------------------------===//

#include "Format.h"
#include "Page.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <cmath>

using namespace llvm;
using namespace quantopt;

//===----------------------------------------------------------------------===//
// SQNR by layer
//===----------------------------------------------------------------------===//

namespace {
/// Lays out SQNR over layers in a box of kWidth and kHeight.
class LayerChart {
public:
  explicit LayerChart(const std::vector<ValueReport> &values);
  std::string draw();

private:
  struct Layer {
    size_t number;
    const ValueReport *value;
  };
  static constexpr double kWidth = 1000, kHeight = 240;

  double x(size_t index) const {
    return kWidth * (double(index) + 0.5) / double(layers.size());
  }
  /// Lost values lie on the floor.
  double y(double db) const {
    return kHeight * (1 - (std::max(db, low) - low) / (high - low));
  }
  static bool isShown(double db) { return !(std::isinf(db) && db > 0); }

  void drawGrid(raw_ostream &os) const;
  void drawLine(raw_ostream &os) const;
  void drawLayer(raw_ostream &os, size_t index) const;
  void drawLabels(raw_ostream &os) const;
  std::string describe() const;

  std::vector<Layer> layers;
  double low = 0, high = 0, step = 10;
};
} // namespace

LayerChart::LayerChart(const std::vector<ValueReport> &values) {
  for (size_t i = 0; i < values.size(); ++i) {
    const ValueReport &value = values[i];
    if (!value.aloneDB || !value.accumulatedDB)
      continue;
    layers.push_back({i + 1, &value});
    for (double db : {*value.aloneDB, *value.accumulatedDB})
      if (std::isfinite(db)) {
        low = std::min(low, db);
        high = std::max(high, db);
      }
  }
  while ((high - low) / step > 7)
    step *= 2;
  low = step * std::floor(low / step);
  high = step * std::ceil(high / step);
}

void LayerChart::drawGrid(raw_ostream &os) const {
  for (double db = low; db <= high; db += step)
    os << "<path class=\"grid\" d=\"M0 " << formatNumber(y(db)) << "H" << kWidth
       << "\"/>";
}

/// The accumulated SQNR, from one layer that has one to the next.
void LayerChart::drawLine(raw_ostream &os) const {
  os << "<path class=\"sofar\" d=\"";
  char command = 'M';
  for (size_t i = 0; i < layers.size(); ++i) {
    double db = *layers[i].value->accumulatedDB;
    if (!isShown(db))
      continue;
    os << command << formatNumber(x(i)) << " " << formatNumber(y(db));
    command = 'L';
  }
  os << "\"/>";
}

void LayerChart::drawLayer(raw_ostream &os, size_t index) const {
  const auto &[number, value] = layers[index];
  const double width = kWidth / double(layers.size());
  os << "<a href=\"#v" << number << "\" tabindex=\"-1\"><title>" << number
     << " " << escapeHTML(value->name) << ": alone "
     << formatDB(*value->aloneDB) << ", so far "
     << formatDB(*value->accumulatedDB) << "</title><rect class=\"hit\" x=\""
     << formatNumber(width * double(index)) << "\" y=\"0\" width=\""
     << formatNumber(width) << "\" height=\"" << kHeight << "\"/>";
  auto point = [&](const char *kind, double db) {
    if (isShown(db))
      os << "<path class=\"" << kind << "\" d=\"M" << formatNumber(x(index))
         << " " << formatNumber(y(db)) << "h0\"/>";
  };
  point("sofarpoint", *value->accumulatedDB);
  point("alone", *value->aloneDB);
  os << "</a>";
}

void LayerChart::drawLabels(raw_ostream &os) const {
  os << "<div class=\"ylabels\" aria-hidden=\"true\">";
  for (double db = low; db <= high; db += step)
    os << "<span style=\"top:" << formatNumber(100 * y(db) / kHeight) << "%\">"
       << formatNumber(db) << "</span>";
  os << "</div><div class=\"xlabels\" aria-hidden=\"true\">";
  const size_t every = (layers.size() + 9) / 10;
  for (size_t i = 0; i < layers.size(); i += every)
    os << "<span style=\"left:" << formatNumber(100 * x(i) / kWidth) << "%\">"
       << layers[i].number << "</span>";
  os << "</div>";
}

std::string LayerChart::describe() const {
  const Layer *worst = &*llvm::min_element(layers, [](auto &a, auto &b) {
    return *a.value->aloneDB < *b.value->aloneDB;
  });
  return std::to_string(layers.size()) + " values; the lowest SQNR alone is " +
         formatDB(*worst->value->aloneDB) + ", of value " +
         std::to_string(worst->number) + ", " + escapeHTML(worst->value->name);
}

std::string LayerChart::draw() {
  // Where all are equal or lost there is no scale to draw on.
  if (low == high)
    return "";
  std::string text;
  raw_string_ostream os(text);
  os << "<figure class=\"layers\"><div class=\"plot\">"
     << "<svg role=\"img\" aria-label=\"SQNR by layer: " << describe()
     << "\" viewBox=\"0 0 " << kWidth << " " << kHeight
     << "\" preserveAspectRatio=\"none\">";
  drawGrid(os);
  drawLine(os);
  for (size_t i = 0; i < layers.size(); ++i)
    drawLayer(os, i);
  os << "</svg>";
  drawLabels(os);
  os << "</div>\n<figcaption><span class=\"key key-alone\">alone</span> "
     << "<span class=\"key key-sofar\">so far</span> in dB, over the numbers "
     << "of the table: " << describe() << ".";
  size_t exact = llvm::count_if(layers, [](const Layer &layer) {
    return !isShown(*layer.value->aloneDB);
  });
  if (exact)
    os << " No point: exact alone (" << exact << ").";
  os << "</figcaption></figure>\n";
  return text;
}

std::string quantopt::drawLayers(const std::vector<ValueReport> &values) {
  return LayerChart(values).draw();
}

//===----------------------------------------------------------------------===//
// Histograms
//===----------------------------------------------------------------------===//

/// The outline of bars whose heights are logarithms, in a box of 100 and
/// `width` a bar.
static void drawBars(raw_ostream &os, ArrayRef<uint64_t> counts, int width) {
  const double most = std::log1p(double(*llvm::max_element(counts)));
  os << "<path class=\"bars\" d=\"M0 100";
  for (size_t i = 0; i < counts.size();) {
    auto height = [&](size_t at) {
      double share = most > 0 ? std::log1p(double(counts[at])) / most : 0;
      return int(std::lround(100 * share));
    };
    size_t end = i + 1;
    while (end < counts.size() && height(end) == height(i))
      ++end;
    os << "V" << 100 - height(i) << "h" << width * int(end - i);
    i = end;
  }
  os << "V100z\"/>";
}

static std::string describeHistogram(const ValueReport &value) {
  const ValueStatistics &seen = *value.statistics;
  std::string text = formatCount(seen.count) + " values in [" +
                     formatNumber(seen.min) + ", " + formatNumber(seen.max) +
                     "], " + formatShare(double(seen.zeros) / seen.count) +
                     " zero";
  if (const auto &params = value.params) {
    text += "; range [" + formatNumber(params->realMin()) + ", " +
            formatNumber(params->realMax()) + "], beyond it " +
            formatShare(seen.clippedBelow) + " below and " +
            formatShare(seen.clippedAbove) + " above; " +
            formatCount(uint64_t(seen.levels)) + " of " +
            formatCount(uint64_t(params->qmax - params->qmin + 1)) +
            " integers reached";
  }
  if (uint64_t hidden = seen.histogram.below + seen.histogram.above)
    text += "; " + formatCount(hidden) + " values lie outside of the picture";
  return text;
}

std::string quantopt::drawHistogram(const ValueReport &value) {
  const DisplayHistogram &histogram = value.statistics->histogram;
  std::string text;
  raw_string_ostream os(text);
  if (histogram.counts.empty()) {
    os << "<p>No finite value was observed.</p>";
    return text;
  }
  constexpr int kBarWidth = 4;
  const double width = kBarWidth * double(histogram.counts.size());
  const std::string description = describeHistogram(value);
  os << "<figure class=\"histogram\"><svg role=\"img\" aria-label=\"Histogram: "
     << description << "\" viewBox=\"0 0 " << width
     << " 100\" preserveAspectRatio=\"none\">";
  const bool hasRange = value.params && histogram.lower < histogram.upper;
  auto place = [&](double real) {
    double at =
        width * (real - histogram.lower) / (histogram.upper - histogram.lower);
    return std::clamp(at, 0.0, width);
  };
  if (hasRange) {
    double low = place(value.params->realMin());
    double high = place(value.params->realMax());
    auto shade = [&](double from, double to) {
      if (from < to)
        os << "<rect class=\"beyond\" x=\"" << formatNumber(from)
           << "\" y=\"0\" width=\"" << formatNumber(to - from)
           << "\" height=\"100\"/>";
    };
    shade(0, low);
    shade(high, width);
    drawBars(os, histogram.counts, kBarWidth);
    for (double end : {low, high})
      os << "<path class=\"end\" d=\"M" << formatNumber(end) << " 0V100\"/>";
  } else {
    drawBars(os, histogram.counts, kBarWidth);
  }
  os << "</svg><div class=\"ends\" aria-hidden=\"true\"><span>"
     << formatNumber(histogram.lower) << "</span><span>"
     << formatNumber(histogram.upper) << "</span></div><figcaption>"
     << description << ".</figcaption></figure>";
  return text;
}
