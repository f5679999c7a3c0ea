//===- Pipelines.h - The phases as registered pipelines ---------*- C++ -*-===//

#ifndef QUANTOPT_PIPELINES_PIPELINES_H
#define QUANTOPT_PIPELINES_PIPELINES_H

namespace mlir::qopt {

/// `--qopt-lower-to-cpu`: see quantopt/Lowering/CPU/Pipeline.h.
void registerLowerToCPUPipeline();

} // namespace mlir::qopt

#endif // QUANTOPT_PIPELINES_PIPELINES_H
