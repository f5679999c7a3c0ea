//===- QOptDialect.td - The qopt dialect -------------------*- tablegen -*-===//

#ifndef QUANTOPT_DIALECT_QOPT_IR_QOPTDIALECT_TD
#define QUANTOPT_DIALECT_QOPT_IR_QOPTDIALECT_TD

include "mlir/IR/OpBase.td"

def QOpt_Dialect : Dialect {
  let name = "qopt";
  let cppNamespace = "::mlir::qopt";
  let summary = "Quantization with one definition of every bit";
  let description = [{
    The dialect holds what upstream's `quant` types lack: operations that
    convert between real and stored values with a rounding that is written
    down, the hooks of calibration, and the numeric contract that every backend
    keeps.

    Quantized values are plain integer tensors (`tensor<4xi8>`). What the
    integers mean stands on the operations that cross between the real and the
    stored side, as one of upstream's `!quant.uniform` types. So every pass of
    linalg, tensor and vector works on quantized programs unchanged, and every
    tool that reads `!quant.uniform` reads ours. Storage of `i8` and of `u8` is
    the same signless `i8`; the quantized type says which one is meant.

    The four conversions (`quantize`, `dequantize`, `requantize`, `lookup`) are
    elementwise mappable: the same operation stands on tensors, on vectors and,
    as a scalar, inside the body of a `linalg.generic`.

    A pair `dequantize(quantize(x))` is the definition of fake quantization and
    never folds. What folds is lossless: `quantize(dequantize(q))` of the same
    type, and `requantize` to the same type.

    Discardable attributes: `qopt.name`, a string on any operation, is the stable
    name of its value; `qopt.numerics`, a `#qopt.numerics` on a module, is the
    numeric contract of all that the module holds; `qopt.dynamic`, a
    `#qopt.dynamic` on a contraction, says that its activations get their
    parameters at each run. A module with `qopt.explain` wants to know: passes
    then append to `qopt.why`, a string on `qopt.observe`, where its parameters
    come from; on a contraction it says what there is to say of its weights.
    `qopt.no_range` on `qopt.observe` says that its value was all zeros, or next
    to it, or has no elements: any parameters hold it.
    `qopt.given`, a string on `qopt.observe`, is the place in a
    quantization map that gives its parameters, which no pass may change then;
    `qopt.given_weights` on an operation, a list of dictionaries of `operand`,
    `type` and `place`, says the same of its weights; where `bias_correction`
    is there, it is what the map adds to the bias. `qopt.input_means` on a
    contraction, a tensor, is the mean of what it reads, for each index that its
    weights have, too; `qopt.bias_correction` is what was added to its bias for
    the rounding of its weights, until a quantization map has it.
    While a model is trained, `qopt.parameter`, a dictionary on an
    argument, says what it is, and `qopt.gradient` names the function of gradients
    of an operation that rounds; on that function it is a unit attribute.
  }];
  let dependentDialects = ["::mlir::quant::QuantDialect"];
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let hasOperationAttrVerify = 1;
  let extraClassDeclaration = [{
    /// Name of the discardable attribute that carries a value's stable name
    /// through every phase: the key of the calibration table, the
    /// configuration, the remarks and the report.
    static constexpr ::llvm::StringLiteral getNameAttrName() {
      return "qopt.name";
    }
    /// Name of the attribute of a module that carries its numeric contract.
    static constexpr ::llvm::StringLiteral getNumericsAttrName() {
      return "qopt.numerics";
    }
    /// Name of the attribute of a contraction that is quantized dynamically.
    static constexpr ::llvm::StringLiteral getDynamicAttrName() {
      return "qopt.dynamic";
    }
    /// Name of the attribute of a contraction in float whose weights are stored
    /// in fewer bits.
    static constexpr ::llvm::StringLiteral getWeightOnlyAttrName() {
      return "qopt.weight_only";
    }
    /// Name of the attribute of a module that is to be explained.
    static constexpr ::llvm::StringLiteral getExplainAttrName() {
      return "qopt.explain";
    }
    /// Name of the attribute that says where parameters come from.
    static constexpr ::llvm::StringLiteral getWhyAttrName() {
      return "qopt.why";
    }
    /// Name of the attribute of an observer whose value any parameters hold.
    static constexpr ::llvm::StringLiteral getNoRangeAttrName() {
      return "qopt.no_range";
    }
    /// Names of the attributes that hold what a quantization map gives.
    static constexpr ::llvm::StringLiteral getGivenAttrName() {
      return "qopt.given";
    }
    static constexpr ::llvm::StringLiteral getGivenWeightsAttrName() {
      return "qopt.given_weights";
    }
    /// Name of the attribute of a contraction that holds the means of its input,
    /// until its weights are stored.
    static constexpr ::llvm::StringLiteral getInputMeansAttrName() {
      return "qopt.input_means";
    }
    /// Name of the attribute of a contraction that holds what was added to its
    /// bias, until that is written down.
    static constexpr ::llvm::StringLiteral getBiasCorrectionAttrName() {
      return "qopt.bias_correction";
    }
    /// Name of the attribute of an argument that is trained: a dictionary with
    /// `kind` ("scale", "zero_point", "weights" or "bias"), and `min` and `max`
    /// of zero points.
    static constexpr ::llvm::StringLiteral getParameterAttrName() {
      return "qopt.parameter";
    }
    /// Name of the attribute of what is rounded that names the function of its
    /// gradients. On that function: it is no part of the model.
    static constexpr ::llvm::StringLiteral getGradientAttrName() {
      return "qopt.gradient";
    }
  }];
}

#endif // QUANTOPT_DIALECT_QOPT_IR_QOPTDIALECT_TD
