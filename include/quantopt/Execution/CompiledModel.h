//===- CompiledModel.h - A model compiled into this process -----*- C++ -*-===//

#ifndef QUANTOPT_EXECUTION_COMPILEDMODEL_H
#define QUANTOPT_EXECUTION_COMPILEDMODEL_H

#include "quantopt/Execution/Profile.h"
#include "quantopt/Target/CodeGen.h"
#include "quantopt/Target/Signature.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace quantopt {

/// One function of a module as machine code in this process. The code is that
/// of the object file that quant-compile would write for the same target, so
/// results and timings are those of the shipped code.
class CompiledModel {
public:
  struct Options {
    CodeGenTarget target;
    /// The function to run; empty: the only public one.
    std::string entry;
    /// C functions that the lowered code may call, by name, next to those of
    /// the quantopt runtime, of the C and math library and of this program.
    std::vector<std::pair<std::string, void *>> symbols;
  };

  /// Lowers a module in place to the LLVM dialect, by whatever pipeline the
  /// caller chooses: execution does not depend on the phases. Afterwards the
  /// entry is `llvm.func @f(ptr input..., ptr output...)`.
  using LowerFn = llvm::function_ref<llvm::Error(mlir::Operation *module)>;

  /// Compiles `module`, whose functions are still on tensors. The signature is
  /// read and calls of functions that are nowhere are refused, at their
  /// locations; then `lower` runs, then code is generated. The module is left
  /// lowered and is not needed any more: resource blobs that `lower` made now
  /// belong to the result. Large constants that were there before are read in
  /// place, so the module's context must outlive the result.
  static llvm::Expected<std::unique_ptr<CompiledModel>>
  create(mlir::Operation *module, LowerFn lower, const Options &options);

  /// Compiles a module that is in the LLVM dialect already. `signature` says
  /// what its entry takes; Options::entry is not read. The module's context
  /// must outlive the result.
  static llvm::Expected<std::unique_ptr<CompiledModel>>
  createFromLowered(mlir::Operation *module, Signature signature,
                    const Options &options);

  CompiledModel(const CompiledModel &) = delete;
  CompiledModel &operator=(const CompiledModel &) = delete;
  ~CompiledModel();

  const Signature &getSignature() const { return signature; }

  /// The kernels whose time the code counts; empty where it was lowered without
  /// counters.
  llvm::ArrayRef<ProfiledKernel> getProfiledKernels() const;

  /// The counters of one kernel since they were last cleared.
  struct Counters {
    uint64_t ticks, calls;
  };
  /// One entry for each of getProfiledKernels(). The code adds to them; the
  /// caller may clear them between two runs.
  llvm::MutableArrayRef<Counters> getCounters() const;

  /// The clock that counts the ticks, now. Only where there are counters.
  uint64_t readClock() const;

  /// Runs the function once. `inputs` and `outputs` are one pointer for each
  /// tensor of the signature, in its order, to as many bytes as its TensorSpec
  /// says, aligned for the element type. Not re-entrant: the lowered code keeps
  /// its intermediate values in one static arena.
  void run(llvm::ArrayRef<const void *> inputs,
           llvm::ArrayRef<void *> outputs) const;

private:
  struct Engine;
  CompiledModel(Signature signature, std::unique_ptr<Engine> engine);

  using BlobEntry = mlir::DialectResourceBlobManager::BlobEntry;
  /// Takes over the large constants of the lowered `module` that are `isOwned`.
  static llvm::Expected<std::unique_ptr<CompiledModel>>
  build(mlir::Operation *module, Signature signature, const Options &options,
        llvm::function_ref<bool(const BlobEntry *)> isOwned);

  Signature signature;
  std::unique_ptr<Engine> engine;
};

} // namespace quantopt

#endif // QUANTOPT_EXECUTION_COMPILEDMODEL_H
