//===- Model.h - What the tools that run or compile a model share -*- C++ -*-=//

#ifndef QUANTOPT_TOOLS_SUPPORT_MODEL_H
#define QUANTOPT_TOOLS_SUPPORT_MODEL_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"

namespace llvm {
class TargetMachine;
} // namespace llvm

namespace quantopt {

/// A context that knows every dialect a model may use, upstream's and ours.
std::unique_ptr<mlir::MLIRContext> createToolContext();

/// Reads a module from a file, or from standard input for "-": text or
/// bytecode. Shapes that casts hide are static afterwards, and steps of loops
/// over tensors are written out. Inputs of dynamic shape get `inputShapes`, as
/// qopt-fix-input-shapes reads them. Diagnostics go to standard error.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
parseModel(llvm::StringRef path, mlir::MLIRContext &context,
           llvm::StringRef inputShapes = "");

/// True where nothing is left on tensors: the module holds LLVM functions only.
bool isLowered(mlir::ModuleOp module);

/// Brings a float model into the spelling and the names that quantization
/// starts from, in place.
llvm::Error importModel(mlir::ModuleOp module);

/// Which kernels the lowering chooses.
enum class Kernels { Auto, Scalar };

/// Where a model runs.
enum class Device { CPU, CUDA };

/// How `lowerModel` lowers.
struct LowerOptions {
  Device device = Device::CPU;
  /// The least GPU that the code is for.
  std::string chip;
  Kernels kernels = Kernels::Auto;
  int64_t threads = 1;
  /// Count the time of each kernel.
  bool profile = false;
  /// A file of measured tiles, or empty.
  std::string tiles;
  /// The rank of the tile that each contraction takes, for a search.
  unsigned candidate = 0;
};

/// Lowers `module` in place to the LLVM dialect for `machine`, or for a GPU
/// that the machine's program launches kernels on, TOSA by way of linalg, and
/// f32 by way of `buildNormalizationPipeline`. Diagnostics at the operations
/// say what failed.
llvm::Error lowerModel(mlir::ModuleOp module,
                       const llvm::TargetMachine &machine,
                       const LowerOptions &options);

} // namespace quantopt

#endif // QUANTOPT_TOOLS_SUPPORT_MODEL_H
