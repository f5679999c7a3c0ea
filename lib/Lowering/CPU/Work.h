//===- Work.h - What an operation costs, and where it comes from ----------===//
//
// Sizes of linalg operations on buffers, for profiles and for what is worth a
// second thread.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_WORK_H
#define QUANTOPT_LIB_LOWERING_CPU_WORK_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::qopt {

/// What runs when operations run once.
struct Work {
  /// Products that are added up: trip counts of bodies `acc + x * w`.
  int64_t macs = 0;
  /// Bytes of the buffers that are read or written, each once.
  int64_t bytes = 0;
};

/// The work of `ops`, which run as one kernel: what goes through `inner` (may
/// be null) stays in registers and counts no bytes.
Work getWork(ArrayRef<linalg::LinalgOp> ops, Value inner = {});

/// "linalg.conv_2d_nhwc_hwcf"; for a generic, with what its body does:
/// "linalg.generic(addf, maximumf)".
std::string getLabel(Operation *op);

/// An operation of the program as it came to the lowering.
struct Origin {
  std::string op;    ///< as `getLabel` writes it; empty where not recorded
  std::string name;  ///< its `qopt.name`, or empty
  std::string place; ///< "file:line:column"; empty where not known
};

/// `loc` with what `op` is called now written into it, where rewriting keeps
/// it.
Location recordOrigin(Operation *op);

/// The operations behind `loc`, without repetition: the first is the one that
/// the others were fused into. Of inlined code it is the place where the code
/// stands; a named location is "name (file:line:column)".
SmallVector<Origin> getOrigins(Location loc);

/// The attribute of the region that holds a kernel, between its emission and
/// the instrumentation.
inline constexpr StringLiteral kKernelAttrName = "qopt.kernel";

/// A line of a profile: how the kernel was emitted, what it is made from where
/// its location does not say so, and its work.
DictionaryAttr describeKernel(MLIRContext *context, StringRef kernel,
                              StringRef op, Work work);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_WORK_H
