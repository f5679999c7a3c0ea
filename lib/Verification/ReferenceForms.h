//===- ReferenceForms.h - Operations that others have defined ---*- C++ -*-===//

#ifndef QUANTOPT_LIB_VERIFICATION_REFERENCEFORMS_H
#define QUANTOPT_LIB_VERIFICATION_REFERENCEFORMS_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace mlir::qopt {

/// A copy of `module` with the patterns of declareReferenceForms applied.
OwningOpRef<ModuleOp> applyReferenceForms(ModuleOp module);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_VERIFICATION_REFERENCEFORMS_H
