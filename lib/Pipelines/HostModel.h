//===- HostModel.h - Compiles a model for this machine ----------*- C++ -*-===//

#ifndef QUANTOPT_LIB_PIPELINES_HOSTMODEL_H
#define QUANTOPT_LIB_PIPELINES_HOSTMODEL_H

#include "mlir/IR/BuiltinOps.h"
#include "quantopt/Execution/CompiledModel.h"

namespace mlir::qopt {

/// Compiles function `entry` of `module`, or the only public one where it is
/// empty, for this machine. The module is lowered in place. `cpu`, if given,
/// becomes the processor's name.
llvm::Expected<std::unique_ptr<quantopt::CompiledModel>>
compileForHost(ModuleOp module, StringRef entry = "",
               std::string *cpu = nullptr);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_PIPELINES_HOSTMODEL_H
