//===- LayerReport.h - Which layer loses what -------------------*- C++ -*-===//

#ifndef QUANTOPT_TOOLS_QUANTRUN_LAYERREPORT_H
#define QUANTOPT_TOOLS_QUANTRUN_LAYERREPORT_H

#include "quantopt/Comparison/CompareLayers.h"

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace quantopt {

void printLayers(llvm::raw_ostream &os, llvm::ArrayRef<LayerError> layers);
void printBisect(llvm::raw_ostream &os, const BisectReport &report);

/// One object: {"layers": […], "bisect": {…}}, each where it was measured.
void writeLayersJSON(llvm::raw_ostream &os,
                     const std::vector<LayerError> *layers,
                     const BisectReport *bisect);

} // namespace quantopt

#endif // QUANTOPT_TOOLS_QUANTRUN_LAYERREPORT_H
