//===- TargetInfo.h - The processor that code is made for -------*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_TARGETINFO_H
#define QUANTOPT_LIB_LOWERING_CPU_TARGETINFO_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LLVM.h"
#include "llvm/TargetParser/Triple.h"

#include <string>

namespace mlir::qopt {

/// A processor, its features as "+name" or "-name", and what they imply.
struct TargetInfo {
  llvm::Triple triple;
  std::string cpu;
  std::vector<std::string> features;

  /// Resolves "native", and the processor's own features through LLVM's tables
  /// for the module's `llvm.target_triple`, or else this machine's. Reports an
  /// unknown processor at the module.
  static FailureOr<TargetInfo> get(ModuleOp module, StringRef cpu,
                                   StringRef extraFeatures);

  /// Whether the processor has `feature`, implied ones included.
  bool has(StringRef feature) const;
  /// Whether a fused multiply-add of floats is one instruction.
  bool hasFMA() const { return triple.isAArch64() || has("fma"); }

private:
  std::vector<std::string> enabled;
};

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_TARGETINFO_H
