//===- LayerReport.h - Which layer loses what -------------------*- C++ -*-===//

#ifndef QUANTOPT_TOOLS_QUANTRUN_LAYERREPORT_H
#define QUANTOPT_TOOLS_QUANTRUN_LAYERREPORT_H

#include "Run.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace quantopt {

/// What the comparisons ask of the tool.
struct ComparisonTools {
  /// Compiles a module with one function, `compare`.
  llvm::function_ref<llvm::Expected<std::unique_ptr<CompiledModel>>(
      mlir::ModuleOp)>
      compile;
  /// Opens the samples at their beginning.
  llvm::function_ref<llvm::Expected<std::unique_ptr<SampleFeeder>>()> open;
};

/// A value that the float model and the integer form both have, and how much
/// they differ over all samples, in dB.
struct LayerError {
  std::string name, op, location;
  double aloneDB;       ///< of this layer's own rounding
  double accumulatedDB; ///< of all that came before, too
};

/// Compares all shared values in one run.
llvm::Expected<std::vector<LayerError>>
compareLayers(mlir::ModuleOp real, mlir::ModuleOp stored, llvm::StringRef entry,
              const ComparisonTools &tools);

/// The layer after which the output of the model loses most.
struct BisectReport {
  LayerError
      layer;       ///< no name where outputs are equal; aloneDB is not measured
  double beforeDB; ///< of the output with all layers before it in integers
  double afterDB;  ///< and with it
  double totalDB;  ///< with all layers in integers
  size_t layers = 0, runs = 0;
};

/// Finds it by halves: the part of the layers with the larger share of the
/// error is searched on, so runs grow with the logarithm of the layers. The
/// answer is the largest one where a single layer makes most of the error.
llvm::Expected<BisectReport> bisectLayers(mlir::ModuleOp real,
                                          mlir::ModuleOp stored,
                                          llvm::StringRef entry,
                                          const ComparisonTools &tools);

void printLayers(llvm::raw_ostream &os, llvm::ArrayRef<LayerError> layers);
void printBisect(llvm::raw_ostream &os, const BisectReport &report);

/// One object: {"layers": […], "bisect": {…}}, each where it was measured.
void writeLayersJSON(llvm::raw_ostream &os,
                     const std::vector<LayerError> *layers,
                     const BisectReport *bisect);

} // namespace quantopt

#endif // QUANTOPT_TOOLS_QUANTRUN_LAYERREPORT_H
