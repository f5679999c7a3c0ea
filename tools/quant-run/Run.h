//===- Run.h - What quant-run does with a compiled model --------*- C++ -*-===//

#ifndef QUANTOPT_TOOLS_QUANTRUN_RUN_H
#define QUANTOPT_TOOLS_QUANTRUN_RUN_H

#include "quantopt/Execution/Benchmark.h"
#include "quantopt/Execution/CompiledModel.h"
#include "quantopt/Execution/Metrics.h"
#include "quantopt/Execution/SampleFeeder.h"

#include <memory>
#include <string>
#include <vector>

namespace quantopt {

/// What is measured or kept while samples run.
struct EvaluationOptions {
  std::string expected;    ///< "NAME" or "NAME=output"; empty: no comparison
  std::string labels;      ///< array of class numbers; empty: no accuracy
  std::string outputsPath; ///< .npz of all outputs; empty: not kept
  bool benchmark = false;  ///< also time the first sample
  bool profile = false;    ///< also time its kernels
};

/// Splits "NAME=2" into the array and the number of the output it belongs to,
/// 0 where none is given. Errors: no such output.
llvm::Expected<std::pair<std::string, size_t>>
parseExpected(llvm::StringRef text, const Signature &signature);

/// Runs every sample of `feeder` through `model` and measures what is asked
/// for. Outputs are written when all samples have run.
llvm::Expected<RunReport> evaluate(const CompiledModel &model,
                                   SampleFeeder &feeder,
                                   const EvaluationOptions &options);

/// Runs every sample through both models and reports on standard output whether
/// all output bytes are equal, and where they first differ if not. Returns
/// whether they are.
llvm::Expected<bool> compareKernels(const CompiledModel &vector,
                                    const CompiledModel &scalar,
                                    SampleFeeder &feeder);

} // namespace quantopt

#endif // QUANTOPT_TOOLS_QUANTRUN_RUN_H
