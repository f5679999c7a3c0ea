//===- quantopt-test-opt.cpp - quant-opt that knows a foreign dialect -----===//

#include "../Rewrites/Rewrites.h"
#include "Foreign.h"

#include "quantopt/InitAll.h"
#include "quantopt/Verification/VerifyRewrites.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/ToolOutputFile.h"

static llvm::cl::opt<bool>
    verifyRewrites("qopt-verify-rewrites",
                   llvm::cl::desc("Compare the program before and after each "
                                  "pass"));

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllPasses();
  mlir::qopt::registerQuantOptDialects(registry);
  mlir::qopt::registerQuantOptPasses();
  registry.insert<foreign::ForeignDialect>();
  foreign::registerQuantizableModels(registry);
  foreign::registerForeignToLinalg();
  rewrites::registerTestRewrite();
  mlir::qopt::declareReferenceForms(foreign::populateForeignToLinalg);
  llvm::InitLLVM init(argc, argv);
  auto [input, output] = mlir::registerAndParseCLIOptions(
      argc, argv, "quant-opt with a foreign dialect and wrong rewrites\n",
      registry);
  mlir::MlirOptMainConfig config =
      mlir::MlirOptMainConfig::createFromCLOptions();
  if (verifyRewrites)
    mlir::qopt::verifyRewrites(config);
  std::string reason;
  std::unique_ptr<llvm::MemoryBuffer> file =
      mlir::openInputFile(input, &reason);
  std::unique_ptr<llvm::ToolOutputFile> out =
      mlir::openOutputFile(output, &reason);
  if (!file || !out) {
    llvm::errs() << reason << "\n";
    return EXIT_FAILURE;
  }
  if (failed(mlir::MlirOptMain(out->os(), std::move(file), registry, config)))
    return EXIT_FAILURE;
  out->keep();
  return EXIT_SUCCESS;
}
