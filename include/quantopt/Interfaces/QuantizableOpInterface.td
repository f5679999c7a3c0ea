//===- QuantizableOpInterface.td - What an op wants --------*- tablegen -*-===//

#ifndef QUANTOPT_INTERFACES_QUANTIZABLEOPINTERFACE_TD
#define QUANTOPT_INTERFACES_QUANTIZABLEOPINTERFACE_TD

include "mlir/IR/OpBase.td"

def QuantizableOpInterface : OpInterface<"QuantizableOpInterface"> {
  let cppNamespace = "::mlir::qopt";
  let description = [{
    Says what an operation wants from quantization and builds its integer form.
    The phases ask this interface and nothing else, so an operation that
    implements it, natively or through an external model, takes part in
    calibration, propagation and folding without a change to any pass.

    An operation is described by its role, by the kind of each operand, and, for
    contractions, by the dimension that counts output channels.
    `buildIntegerForm` then makes the same operation on storage types.
  }];

  let methods = [
    InterfaceMethod<[{
        The operation's role, from which the passes derive every rule.
      }],
      "::mlir::qopt::QuantRole", "getQuantRole", (ins)>,
    InterfaceMethod<[{
        The kind of one operand. Activations carry calibrated parameters;
        weights are constants quantized by their values; accumulators are the
        initial value of a reduction; everything else is ignored.
      }],
      "::mlir::qopt::OperandKind", "getOperandKind",
      (ins "::mlir::OpOperand &":$operand), "",
      [{ return ::mlir::qopt::OperandKind::Ignored; }]>,
    InterfaceMethod<[{
        The dimension of result 0 along which each index may have a scale of its
        own, or nothing.
      }],
      "::std::optional<int64_t>", "getResultChannelDim", (ins), "",
      [{ return ::std::nullopt; }]>,
    InterfaceMethod<[{
        The dimension of weight `operand` that runs along with
        `getResultChannelDim`, or nothing.
      }],
      "::std::optional<int64_t>", "getWeightChannelDim",
      (ins "::mlir::OpOperand &":$operand), "",
      [{ return ::std::nullopt; }]>,
    InterfaceMethod<[{
        The dimensions that `operand` shares with result 0, as pairs (dimension
        of the operand, dimension of the result), ascending in the first: an
        element of the result reads only those elements of the operand that have
        its own index there. So each of these indices of the operand may have
        parameters of its own: the rows of a matrix product's left side, the
        columns of its right side.
      }],
      "::llvm::SmallVector<::std::pair<int64_t, int64_t>>", "getSharedDims",
      (ins "::mlir::OpOperand &":$operand), "", [{ return {}; }]>,
    InterfaceMethod<[{
        The dimensions that operands `first` and `second` share, as pairs,
        ascending in the first: an element of one is multiplied only with those
        of the other that have its own index there.
      }],
      "::llvm::SmallVector<::std::pair<int64_t, int64_t>>", "getCommonDims",
      (ins "::mlir::OpOperand &":$first, "::mlir::OpOperand &":$second), "",
      [{ return {}; }]>,
    InterfaceMethod<[{
        How many products of an activation and another factor the operation
        computes in all: what it costs. 0 for operations without products.
      }],
      "int64_t", "getNumProducts", (ins), "", [{ return 0; }]>,
    InterfaceMethod<[{
        Whether the real result lies in a range that does not depend on the
        data: softmax lies in [0, 1]. Calibration does not change it.
      }],
      "::std::optional<::mlir::qopt::RealRange>", "getFixedOutputRange", (ins),
      "", [{ return ::std::nullopt; }]>,
    InterfaceMethod<[{
        Why the operation stays in float whatever its surroundings, or an empty
        string where it does not. One sentence for the user, without a full
        stop.
      }],
      "::std::string", "getFloatReason", (ins), "", [{ return {}; }]>,
    InterfaceMethod<[{
        Builds the operation on storage. `operands` holds one value an operand
        of this operation and `operandTypes` its quantized type: activations and
        weights come as storage with their type, accumulators and everything
        else as they are, with a null type.

        A contraction or sum returns its i32 accumulator with the type that
        dequantizes it (zero points folded into the accumulator's initial value,
        so the type's own are 0). A same-scale operation is given activations of
        one common type and returns storage of that type.

        Where there is no integer form after all, sets `reason` to one sentence
        for the user and fails; what was built by then is unused and pure.
      }],
      "::llvm::FailureOr<::mlir::qopt::IntegerForm>", "buildIntegerForm",
      (ins "::mlir::OpBuilder &":$builder,
           "::llvm::ArrayRef<::mlir::Value>":$operands,
           "::llvm::ArrayRef<::mlir::quant::QuantizedType>":$operandTypes,
           "::std::string &":$reason),
      "", [{
        reason = "it has no integer form";
        return ::llvm::failure();
      }]>
  ];
}

#endif // QUANTOPT_INTERFACES_QUANTIZABLEOPINTERFACE_TD
