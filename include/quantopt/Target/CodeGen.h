//===- CodeGen.h - From the LLVM dialect to machine code --------*- C++ -*-===//
//
// The one way from a lowered module to machine code. The JIT and the
// ahead-of-time compiler both load or store the object made here, so that what
// was measured is what is shipped, byte for byte.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_TARGET_CODEGEN_H
#define QUANTOPT_TARGET_CODEGEN_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>

namespace llvm {
class LLVMContext;
class Module;
class TargetMachine;
} // namespace llvm

namespace mlir {
class Operation;
} // namespace mlir

namespace quantopt {

/// The machine that code is generated for.
struct CodeGenTarget {
  /// Empty: this machine's triple.
  std::string triple;
  /// "native": this machine's processor, with the features it reports, and the
  /// baseline of the architecture where the triple names another one. Else one
  /// of LLVM's processor names.
  std::string cpu = "native";
  /// Comma separated, each with + or -, applied after the processor's.
  std::string features;
};

/// Creates the machine: position-independent code, aggressive scheduling, no
/// fusion of separate multiplications and additions (the bits are those of the
/// operations in the IR). Errors: a triple without a back end here, an unknown
/// processor or feature.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(const CodeGenTarget &target);

/// Translates `module`, which is in the LLVM dialect, and optimizes it at O3
/// for `machine`. Floating point is IEEE throughout: no fast-math flag is set.
/// Errors: operations that are not in the LLVM dialect (diagnostics name them).
llvm::Expected<std::unique_ptr<llvm::Module>>
translateToLLVMIR(mlir::Operation *module, llvm::LLVMContext &context,
                  llvm::TargetMachine &machine);

/// Runs LLVM's O3 pipeline with `machine`'s cost model.
void optimize(llvm::Module &module, llvm::TargetMachine &machine);

/// What can be made from an optimized module.
enum class EmitKind { Object, Assembly, LLVMIR };

/// Appends the module as object file, assembly text or LLVM IR text to
/// `buffer`.
llvm::Error emit(llvm::Module &module, llvm::TargetMachine &machine,
                 EmitKind kind, llvm::SmallVectorImpl<char> &buffer);

/// Links `object` to a shared library for `triple` and appends the library's
/// bytes to `library`. The linker is the triple's compiler driver (`cc`,
/// `clang`, or `<triple>-gcc` for another machine), else `ld.lld`, whichever is
/// found first on PATH. `archive`, if not empty, is linked in (the run-time
/// library, where the object calls it), and the library is never unloaded then:
/// threads may be running its code. Errors: no linker, or what the linker said.
llvm::Error linkSharedLibrary(llvm::StringRef object, llvm::StringRef triple,
                              llvm::SmallVectorImpl<char> &library,
                              llvm::StringRef archive = {});

} // namespace quantopt

#endif // QUANTOPT_TARGET_CODEGEN_H
