//===- Clamp.h - Recognises clamps, however they are spelled ----*- C++ -*-===//

#ifndef QUANTOPT_ANALYSIS_CLAMP_H
#define QUANTOPT_ANALYSIS_CLAMP_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "quantopt/Interfaces/QuantizableOpInterface.h"

namespace mlir::qopt {

/// A clamp of one real value to a range; an open side is infinite.
struct Clamp {
  /// The block argument that is clamped.
  BlockArgument input;
  RealRange range;
};

/// Recognises that `value`, inside of a body, clamps an argument of that body
/// to constant bounds: `maximumf`, `minimumf`, `maxnumf`, `minnumf`, and `cmpf`
/// with `select` in every arrangement that frontends write (relu, relu6, clip).
/// Bounds may be block arguments for which `constantOf` gives a value.
/// Agreement is up to the sign of zero and the treatment of NaN.
std::optional<Clamp>
matchClamp(Value value,
           llvm::function_ref<std::optional<double>(Value)> constantOf);

/// Whether the whole of `op` clamps one of its tensor inputs; the clamp's
/// argument is that of the body. Reads bounds from scalar constants in and
/// outside of the body and from splat tensors.
std::optional<Clamp> matchClamp(linalg::GenericOp op);

} // namespace mlir::qopt

#endif // QUANTOPT_ANALYSIS_CLAMP_H
