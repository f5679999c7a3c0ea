//===- CompareLayers.h - Which layer loses what -----------------*- C++ -*-===//
//
// Runs the programs of LayerComparison.h on samples.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_COMPARISON_COMPARELAYERS_H
#define QUANTOPT_COMPARISON_COMPARELAYERS_H

#include "quantopt/Execution/CompiledModel.h"
#include "quantopt/Execution/Metrics.h"
#include "quantopt/Execution/SampleFeeder.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <memory>
#include <string>
#include <vector>

namespace quantopt {

/// What the comparisons ask of who runs them.
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

/// How much two forms of a model differ over all samples.
struct LayerErrors {
  std::vector<LayerError> layers;        ///< empty where they share no value
  std::vector<OutputComparison> outputs; ///< one for each result
  uint64_t samples = 0;
  /// SampleFeeder::describeNonFinite; empty where all samples were finite.
  std::string nonFinite;
};

/// Compares all shared values and all outputs in one run.
llvm::Expected<LayerErrors> compareLayers(mlir::ModuleOp real,
                                          mlir::ModuleOp stored,
                                          llvm::StringRef entry,
                                          const ComparisonTools &tools);

/// Says that two models have no value in common, and what to give instead.
llvm::Error nothingShared();

/// The layer after which the output of the model loses most.
struct BisectReport {
  LayerError
      layer;       ///< no name where outputs are equal; aloneDB is not measured
  double beforeDB; ///< of the output with all layers before it in integers
  double afterDB;  ///< and with it
  double totalDB;  ///< with all layers in integers
  size_t layers = 0, runs = 0;
  std::string nonFinite; ///< as in LayerErrors
};

/// Finds it by halves: the part of the layers with the larger share of the
/// error is searched on, so runs grow with the logarithm of the layers. The
/// answer is the largest one where a single layer makes most of the error.
llvm::Expected<BisectReport> bisectLayers(mlir::ModuleOp real,
                                          mlir::ModuleOp stored,
                                          llvm::StringRef entry,
                                          const ComparisonTools &tools);

} // namespace quantopt

#endif // QUANTOPT_COMPARISON_COMPARELAYERS_H
