//===- LinalgContraction.h - Integer contractions of linalg -----*- C++ -*-===//

#ifndef QUANTOPT_LIB_EXTERNALMODELS_LINALGCONTRACTION_H
#define QUANTOPT_LIB_EXTERNALMODELS_LINALGCONTRACTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "quantopt/Interfaces/QuantizableOpInterface.h"

namespace mlir::qopt {

/// Makes a linalg operation of the same kind as the original with other inputs
/// and another init; the body of a generic is built for i32 accumulation.
using RebuildLinalgOp = llvm::function_ref<Value(
    OpBuilder &builder, ArrayRef<Value> inputs, Value init)>;

/// The loop that counts output channels of a contraction with constant weights
/// `weight`: it runs in the weight and the result, not in the activation where
/// there is such a loop. Nothing where there is none.
std::optional<unsigned> getChannelLoop(linalg::LinalgOp op, OpOperand &weight);

/// The position at which `operand` is indexed by `loop` alone, or nothing.
std::optional<int64_t> getDimOfLoop(linalg::LinalgOp op, OpOperand &operand,
                                    unsigned loop);

/// The integer form of `op`, a product or sum with a constant initial value.
/// See QuantizableOpInterface::buildIntegerForm.
FailureOr<IntegerForm>
buildIntegerContraction(linalg::LinalgOp op, OpBuilder &builder,
                        ArrayRef<Value> operands,
                        ArrayRef<quant::QuantizedType> operandTypes,
                        RebuildLinalgOp rebuild, std::string &reason);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_EXTERNALMODELS_LINALGCONTRACTION_H
