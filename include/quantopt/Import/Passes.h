//===- Passes.h - Passes of the import phase --------------------*- C++ -*-===//

#ifndef QUANTOPT_IMPORT_PASSES_H
#define QUANTOPT_IMPORT_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::qopt {
#define GEN_PASS_DECL
#include "quantopt/Import/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "quantopt/Import/Passes.h.inc"
} // namespace mlir::qopt

#endif // QUANTOPT_IMPORT_PASSES_H
