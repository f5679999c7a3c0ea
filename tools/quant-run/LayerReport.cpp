//===- LayerReport.cpp - Which layer loses what ---------------------------===//

#include "LayerReport.h"

#include "quantopt/Support/JsonNumber.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace llvm;
using namespace quantopt;

static void printDB(raw_ostream &os, double value) {
  if (std::isinf(value))
    os << (value > 0 ? "   equal" : "    lost");
  else
    os << format("%8.1f", value);
}

void quantopt::printLayers(raw_ostream &os, ArrayRef<LayerError> layers) {
  os << "SQNR in dB\n   alone  so far  value\n";
  size_t exact = 0;
  for (const LayerError &layer : layers) {
    if (std::isinf(layer.aloneDB) && layer.aloneDB > 0) {
      ++exact;
      continue;
    }
    printDB(os, layer.aloneDB);
    printDB(os, layer.accumulatedDB);
    os << "  " << layer.name << " (" << layer.op << "), " << layer.location
       << "\n";
  }
  if (exact)
    os << exact << " more values are exact where their operands are\n";
}

void quantopt::printBisect(raw_ostream &os, const BisectReport &report) {
  if (report.layer.name.empty()) {
    os << "the outputs are equal: no layer costs them anything\n";
    return;
  }
  os << "SQNR of the output, in dB\n";
  printDB(os, report.beforeDB);
  os << "  all layers before it in integers\n";
  printDB(os, report.afterDB);
  os << "  and with it: " << report.layer.name << " (" << report.layer.op
     << "), " << report.layer.location << "\n";
  printDB(os, report.totalDB);
  os << "  all " << report.layers << " layers in integers\n"
     << "found in " << report.runs << " runs\n";
}

void quantopt::writeLayersJSON(raw_ostream &os,
                               const std::vector<LayerError> *layers,
                               const BisectReport *bisect) {
  json::OStream json(os, /*IndentSize=*/2);
  auto name = [&](const LayerError &layer) {
    json.attribute("name", layer.name);
    json.attribute("op", layer.op);
    json.attribute("location", layer.location);
  };
  json.object([&] {
    if (layers)
      json.attributeArray("layers", [&] {
        for (const LayerError &layer : *layers)
          json.object([&] {
            name(layer);
            writeNumber(json, "sqnr_alone_db", layer.aloneDB);
            writeNumber(json, "sqnr_db", layer.accumulatedDB);
          });
      });
    if (bisect)
      json.attributeObject("bisect", [&] {
        if (!bisect->layer.name.empty())
          name(bisect->layer);
        writeNumber(json, "before_db", bisect->beforeDB);
        writeNumber(json, "after_db", bisect->afterDB);
        writeNumber(json, "total_db", bisect->totalDB);
        json.attribute("layers", int64_t(bisect->layers));
        json.attribute("runs", int64_t(bisect->runs));
      });
  });
  os << "\n";
}
