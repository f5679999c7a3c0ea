//===- DumpPhase.cpp - Writes the module after a phase --------------------===//

#include "DumpPhase.h"
#include "quantopt/Support/OutputFiles.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::qopt;

namespace {
struct DumpPhase : PassWrapper<DumpPhase, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(DumpPhase)

  DumpPhase(Phase phase, StringRef folder) : phase(phase), folder(folder) {}

  StringRef getName() const override { return "DumpPhase"; }

  void runOnOperation() override {
    SmallString<128> path(folder);
    llvm::sys::path::append(path, getPhaseInfo(phase).file);
    std::error_code failure = llvm::sys::fs::create_directories(folder);
    llvm::Error error =
        failure ? llvm::createFileError(folder, failure)
                : quantopt::writeOutput(path, [&](llvm::raw_ostream &os) {
                    getOperation().print(os);
                    os << '\n';
                    return llvm::Error::success();
                  });
    if (error) {
      emitError(getOperation().getLoc())
          << "cannot dump the phase: " << llvm::toString(std::move(error));
      signalPassFailure();
    }
    markAllAnalysesPreserved();
  }

  Phase phase;
  std::string folder;
};
} // namespace

std::unique_ptr<Pass> mlir::qopt::createDumpPhase(Phase phase,
                                                  StringRef folder) {
  return std::make_unique<DumpPhase>(phase, folder);
}
