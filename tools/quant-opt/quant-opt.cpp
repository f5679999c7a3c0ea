//===- quant-opt.cpp - The optimizer driver -------------------------------===//

#include "quantopt/InitAll.h"
#include "quantopt/Support/Config.h"
#include "quantopt/Support/OutputFiles.h"
#include "quantopt/Verification/VerifyRewrites.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"

static mlir::qopt::PhaseControl phaseControl;

static llvm::cl::OptionCategory category("quant-opt options");

static llvm::cl::opt<std::string, /*ExternalStorage=*/true> compileTo(
    "compile-to", llvm::cl::cat(category), llvm::cl::value_desc("phase"),
    llvm::cl::desc("Stop --qopt-quantize after a phase: import, calibrate or "
                   "quantize (default)"),
    llvm::cl::location(phaseControl.compileTo));

static llvm::cl::opt<std::string, /*ExternalStorage=*/true> dumpPhases(
    "dump-phases", llvm::cl::cat(category), llvm::cl::value_desc("folder"),
    llvm::cl::desc("Write the module there after each phase of "
                   "--qopt-quantize: 1.imported.mlir, 2.calibrated.mlir, "
                   "3.quantized.mlir"),
    llvm::cl::location(phaseControl.dumpPhases));

static llvm::cl::opt<std::string, /*ExternalStorage=*/true> report(
    "qopt-report", llvm::cl::cat(category), llvm::cl::value_desc("file"),
    llvm::cl::desc("Write the report of --qopt-quantize there, as its option "
                   "report does: files that end in .html or .json, separated "
                   "by commas"),
    llvm::cl::location(phaseControl.report));

static llvm::cl::opt<bool> verifyRewrites(
    "qopt-verify-rewrites", llvm::cl::cat(category),
    llvm::cl::desc("Compare the program before and after each pass: run what "
                   "was rewritten on all 8-bit inputs, or on boundary and "
                   "random ones, and make a difference an error "
                   "(docs/VerifyRewrites.md)"));

static llvm::cl::opt<bool> printConfigSchema(
    "print-config-schema", llvm::cl::cat(category),
    llvm::cl::desc("Print the keys of a configuration file with their "
                   "defaults and meaning, and exit"));

/// Runs the passes and writes what they make beside `output`, renamed when all
/// went well: a file that was there is kept or replaced whole.
static mlir::LogicalResult optimize(llvm::StringRef input,
                                    llvm::StringRef output,
                                    mlir::DialectRegistry &registry,
                                    const mlir::MlirOptMainConfig &config) {
  std::string reason;
  std::unique_ptr<llvm::MemoryBuffer> file =
      mlir::openInputFile(input, &reason);
  if (!file) {
    llvm::errs() << "quant-opt: " << reason << "\n";
    return mlir::failure();
  }
  bool isBad = false;
  llvm::Error error =
      quantopt::writeOutput(output, [&](llvm::raw_ostream &os) -> llvm::Error {
        isBad = mlir::failed(
            mlir::MlirOptMain(os, std::move(file), registry, config));
        if (!isBad && !phaseControl.report.empty() &&
            !phaseControl.isReportTaken) {
          llvm::errs() << "quant-opt: --qopt-report=" << phaseControl.report
                       << " is of --qopt-quantize: give it, too\n";
          isBad = true;
        }
        return isBad ? llvm::createStringError("failed")
                     : llvm::Error::success();
      });
  if (!error)
    return mlir::success();
  // Diagnostics have said why passes failed.
  std::string text = llvm::toString(std::move(error));
  if (!isBad)
    llvm::errs() << "quant-opt: cannot write " << text << "\n";
  return mlir::failure();
}

/// LLVM's libraries register hundreds of options for back ends that tests of
/// LLVM set. They still work, and --help-hidden shows them; --help is for ours
/// and for those of MLIR's tools, which are registered later.
static void hideLibraryOptions() {
  for (auto &entry : llvm::cl::getRegisteredOptions())
    if (llvm::none_of(
            entry.second->Categories, [](const llvm::cl::OptionCategory *own) {
              return own == &category || own->getName() == "Generic Options";
            }))
      entry.second->setHiddenFlag(llvm::cl::Hidden);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  hideLibraryOptions();
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllPasses();
  mlir::qopt::registerQuantOptDialects(registry);
  mlir::qopt::registerQuantOptPasses(&phaseControl);

  auto [input, output] = mlir::registerAndParseCLIOptions(
      argc, argv,
      "quant-opt: the quantization compiler\n\n"
      "  quant-opt model.mlir --qopt-quantize=\"calibration-data=samples.npz\" "
      "-o quantized.mlir\n",
      registry);
  if (printConfigSchema) {
    quantopt::Config::printSchema(llvm::outs());
    return EXIT_SUCCESS;
  }
  if (!phaseControl.compileTo.empty() &&
      (!mlir::qopt::getPhase(phaseControl.compileTo) ||
       phaseControl.compileTo == "lower")) {
    llvm::errs() << "quant-opt: --compile-to=" << phaseControl.compileTo
                 << ": no such phase; there are import, calibrate, quantize\n";
    return EXIT_FAILURE;
  }
  mlir::MlirOptMainConfig config =
      mlir::MlirOptMainConfig::createFromCLOptions();
  if (verifyRewrites)
    mlir::qopt::verifyRewrites(config);
  if (config.shouldShowDialects() || config.shouldListPasses())
    return mlir::asMainReturnCode(
        mlir::MlirOptMain(argc, argv, input, output, registry));
  return mlir::asMainReturnCode(optimize(input, output, registry, config));
}
