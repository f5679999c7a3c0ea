#ifndef PHASE_PASSES_TD
#define PHASE_PASSES_TD

include "mlir/Pass/PassBase.td"

#endif // PHASE_PASSES_TD
