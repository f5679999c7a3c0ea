//===- ExternalModels.h - Quantization of upstream operations ---*- C++ -*-===//
//
// Attaches QuantizableOpInterface to the operations of upstream dialects: all
// knowledge of operation families stands here, none of it in the passes.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_EXTERNALMODELS_EXTERNALMODELS_H
#define QUANTOPT_EXTERNALMODELS_EXTERNALMODELS_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace mlir::qopt {

/// linalg: contractions, convolutions, pooling, generics, softmax, movement.
void registerLinalgQuantizableModels(DialectRegistry &registry);

/// tensor: pad, reshapes, slices, concat.
void registerTensorQuantizableModels(DialectRegistry &registry);

} // namespace mlir::qopt

#endif // QUANTOPT_EXTERNALMODELS_EXTERNALMODELS_H
