//===- CodeGen.h - From the LLVM dialect to machine code --------*- C++ -*-===//
//
// The one way from a lowered module to machine code. The JIT and the
// ahead-of-time compiler both load or store the object made here, so that what
// was measured is what is shipped, byte for byte.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_TARGET_CODEGEN_H
#define QUANTOPT_TARGET_CODEGEN_H

#include "mlir/IR/Attributes.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <string>
#include <vector>

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

/// A constant that the code refers to and LLVM does not know the bytes of.
struct LargeConstant {
  std::string symbol;
  /// They stay where the lowered module has them: in the memory of its context.
  llvm::ArrayRef<char> bytes;
  /// What the code relies on.
  uint64_t alignment;
  /// Who holds the bytes.
  mlir::Attribute value;
};

/// A module on its way to machine code. Weights are most of a model's bytes and
/// nothing that LLVM could optimize: large constants are declared in the module
/// and kept beside it.
struct TranslatedModule {
  std::unique_ptr<llvm::Module> module;
  std::vector<LargeConstant> constants;
};

/// Translates `module`, which is in the LLVM dialect and may not be used
/// afterwards, but must stay in its context as long as the constants are
/// needed. Floating point is IEEE throughout: no fast-math flag is set. Errors:
/// operations that are not in the LLVM dialect (diagnostics name them).
llvm::Expected<TranslatedModule>
translateToLLVMIR(mlir::Operation *module, llvm::LLVMContext &context,
                  llvm::TargetMachine &machine);

/// Runs LLVM's O3 pipeline with `machine`'s cost model.
void optimize(llvm::Module &module, llvm::TargetMachine &machine);

/// What can be made from an optimized module.
enum class EmitKind {
  Object,
  /// The object with its large constants undefined, for a loader that finds
  /// them in memory. What else is in it is what Object has, byte for byte.
  Code,
  Assembly,
  LLVMIR
};

/// A file that was made: its bytes lie in several places, so that constants
/// need not be copied. It refers to the constants of the TranslatedModule.
struct EmittedFile {
  llvm::SmallVector<char, 0> head;
  std::vector<llvm::StringRef> middle;
  llvm::SmallVector<char, 0> tail;

  /// All bytes in order.
  std::vector<llvm::StringRef> getPieces() const;
};

/// Makes an object file, assembly text or LLVM IR text of the module. Changes
/// the names of its constants.
llvm::Expected<EmittedFile> emit(TranslatedModule &translated,
                                 llvm::TargetMachine &machine, EmitKind kind);

/// Links `object`, given in pieces, to a shared library for `triple`; returns
/// the library's bytes. The linker is the triple's compiler driver (`cc`,
/// `clang`, or `<triple>-gcc` for another machine), else `ld.lld`, whichever is
/// found first on PATH. `archive`, if not empty, is linked in (the run-time
/// library, where the object calls it), and the library is never unloaded then:
/// threads may be running its code. Errors: no linker, or what the linker said.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
linkSharedLibrary(llvm::ArrayRef<llvm::StringRef> object,
                  llvm::StringRef triple, llvm::StringRef archive = {});

} // namespace quantopt

#endif // QUANTOPT_TARGET_CODEGEN_H
