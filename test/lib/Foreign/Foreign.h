//===- Foreign.h - A dialect quant-opt does not know ------------*- C++ -*-===//

#ifndef QUANTOPT_TEST_LIB_FOREIGN_FOREIGN_H
#define QUANTOPT_TEST_LIB_FOREIGN_FOREIGN_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "ForeignDialect.h.inc"

#define GET_OP_CLASSES
#include "ForeignOps.h.inc"

namespace mlir {
class RewritePatternSet;
} // namespace mlir

namespace foreign {

/// Attaches QuantizableOpInterface to the operations of the dialect, which do
/// not know of it: all that a stack has to write to be quantized.
void registerQuantizableModels(mlir::DialectRegistry &registry);

/// The pass --foreign-to-linalg, which the stack has anyway to run its models.
void registerForeignToLinalg();
/// The patterns of foreign-to-linalg.
void populateForeignToLinalg(mlir::RewritePatternSet &patterns);

} // namespace foreign

#endif // QUANTOPT_TEST_LIB_FOREIGN_FOREIGN_H
