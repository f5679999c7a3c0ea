//===- DecidingPasses.cpp - The passes that decide on parameters ----------===//

#include "quantopt/Quantization/Passes.h"

using namespace mlir;
using namespace mlir::qopt;

void mlir::qopt::addDecidingPasses(OpPassManager &pm,
                                   const QuantizeWeightsOptions &weights,
                                   const PropagateParamsOptions &propagate) {
  // What was trained comes first: it decides for itself.
  pm.addPass(createPinFakeQuant());
  // Decide, then give parameters to all that moves along.
  pm.addPass(createSelectOps());
  pm.addPass(createPropagateParams(propagate));
  pm.addPass(createQuantizeWeights(weights));
  pm.addPass(createFitAccumulators());
}
