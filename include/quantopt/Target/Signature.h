//===- Signature.h - Inputs and outputs of a compiled function --*- C++ -*-===//
//
// What a caller must know of a model's function to pass it memory: names,
// shapes and element types. No IR, so that code that only runs models can
// include it.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_TARGET_SIGNATURE_H
#define QUANTOPT_TARGET_SIGNATURE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlir {
class Operation;
} // namespace mlir

namespace quantopt {

/// How one element lies in memory. Signedness is the model's business: an i8
/// may hold signed or unsigned storage. An i1 is one byte, 0 or 1.
enum class ElementType { I1, I8, I16, I32, I64, F16, BF16, F32, F64 };

/// Bytes of one element.
unsigned getByteWidth(ElementType type);
/// MLIR's spelling: "f32", "i8".
llvm::StringRef getName(ElementType type);

/// One input or output: a dense row-major buffer of a static shape.
struct TensorSpec {
  std::string name;
  std::vector<int64_t> shape;
  ElementType type = ElementType::F32;

  int64_t numElements() const;
  int64_t numBytes() const { return numElements() * getByteWidth(type); }
  /// "1x32x32x3xf32".
  std::string str() const;
};

/// The function `void entry(inputs..., outputs...)` of a lowered model.
struct Signature {
  std::string entry;
  std::vector<TensorSpec> inputs, outputs;
};

/// The function `entry` of `module`, public and with a body, or its only such
/// function where `entry` is empty. Errors: there is none, or there are several
/// to choose from.
llvm::Expected<mlir::Operation *> findEntry(mlir::Operation *module,
                                            llvm::StringRef entry);

/// Reads the signature of function `entry` of `module`, or of its only public
/// function with a body where `entry` is empty. Must be called before the
/// module is lowered: tensors tell shapes, pointers do not.
///
/// An input is named by its `qopt.name` argument attribute, else by the
/// NamedLoc of the argument, else `input<N>`; an output by its `qopt.name`
/// result attribute, else `output<N>`. Names that repeat get their default.
///
/// Errors: no such function, several to choose from, arguments or results that
/// are not tensors of a static shape and of an ElementType.
llvm::Expected<Signature> readSignature(mlir::Operation *module,
                                        llvm::StringRef entry = {});

} // namespace quantopt

#endif // QUANTOPT_TARGET_SIGNATURE_H
