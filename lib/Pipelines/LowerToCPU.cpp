//===- LowerToCPU.cpp - --qopt-lower-to-cpu
//---------------------------------===//

#include "quantopt/Lowering/CPU/Pipeline.h"
#include "quantopt/Pipelines/Pipelines.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace mlir::qopt;

namespace {

struct Options : PassPipelineOptions<Options> {
  Option<std::string> cpu{
      *this, "cpu",
      llvm::cl::desc("a processor as llc -mcpu names it, or native"),
      llvm::cl::init("native")};
  Option<std::string> features{*this, "features",
                               llvm::cl::desc("extra target features: +a,-b"),
                               llvm::cl::init("")};
  Option<std::string> kernels{
      *this, "kernels",
      llvm::cl::desc("auto: vector kernels by target; scalar: plain loops"),
      llvm::cl::init("auto")};
  Option<int64_t> threads{*this, "threads",
                          llvm::cl::desc("threads that a run may use"),
                          llvm::cl::init(1)};
};

} // namespace

void mlir::qopt::registerLowerToCPUPipeline() {
  PassPipelineRegistration<Options>(
      "qopt-lower-to-cpu",
      "lower a model in float or in integer form to LLVM for a CPU",
      [](OpPassManager &pm, const Options &options) {
        LowerToCPUOptions lower;
        lower.cpu = options.cpu;
        lower.features = options.features;
        lower.kernels = options.kernels;
        lower.threads = options.threads;
        buildLowerToCPUPipeline(pm, lower);
      });
}
