//===- RewriteTolerances.cpp - What our passes do to numbers --------------===//
//
// All that --qopt-verify-rewrites lets passes change; what is not here is
// exact. The descriptions of the passes say the same.
//
//===----------------------------------------------------------------------===//

#include "quantopt/Pipelines/Pipelines.h"
#include "quantopt/Verification/VerifyRewrites.h"

using namespace mlir;
using namespace mlir::qopt;

void mlir::qopt::declareQuantOptTolerances() {
  RewriteTolerance reordered;
  reordered.relative = 1e-5;
  reordered.sumsOnly = true;
  reordered.why = "sums of floats are taken in another order";
  for (const char *pass : {"qopt-fold-bias", "qopt-split-reductions"})
    declareRewriteTolerance(pass, reordered);

  RewriteTolerance softmax;
  softmax.relative = 0x1p-80;
  softmax.sumsOnly = true;
  softmax.why =
      "exponentials below 2^-100 are zeros where a softmax divides them";
  declareRewriteTolerance("qopt-convert-to-linalg", softmax);

  RewriteTolerance rounding;
  rounding.steps = 0.5;
  // A value that is moved and that others read, too, is rounded to calibrated
  // parameters and then as the model says.
  rounding.perRounding = true;
  rounding.withinRange = true;
  rounding.why = "values are rounded to quantized types";
  declareRewriteTolerance("qopt-insert-qdq", rounding);

  RewriteTolerance weights;
  weights.unbounded = true;
  weights.why = "weights are rounded, and clipped where that costs least";
  for (const char *pass : {"qopt-quantize-weights", "qopt-store-embeddings"})
    declareRewriteTolerance(pass, weights);

  RewriteTolerance fold;
  fold.steps = 1;
  fold.sumsOnly = true;
  fold.why = "integer sums do not round, biases round to the accumulator";
  declareRewriteTolerance("qopt-fold-qdq", fold);

  RewriteTolerance dynamic;
  dynamic.unbounded = true;
  dynamic.why = "parameters depend on the values of a run";
  declareRewriteTolerance("qopt-quantize-dynamically", dynamic);
}
