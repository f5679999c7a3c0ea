//===- QOptAttributes.td - Attributes of the qopt dialect --*- tablegen -*-===//

#ifndef QUANTOPT_DIALECT_QOPT_IR_QOPTATTRIBUTES_TD
#define QUANTOPT_DIALECT_QOPT_IR_QOPTATTRIBUTES_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "quantopt/Dialect/QOpt/IR/QOptDialect.td"

def QOpt_Rounding : I32EnumAttr<"Rounding", "how a real value becomes an integer", [
    I32EnumAttrCase<"HalfEven", 0, "half_even">,
    I32EnumAttrCase<"HalfAway", 1, "half_away">,
    I32EnumAttrCase<"HalfUp", 2, "half_up">
  ]> {
  let cppNamespace = "::mlir::qopt";
  let genSpecializedAttr = 0;
}

def QOpt_Multiplier : I32EnumAttr<"Multiplier",
    "arithmetic that rescales an accumulator", [
    I32EnumAttrCase<"F32", 0, "f32">,
    I32EnumAttrCase<"Q31Single", 1, "q31_single">,
    I32EnumAttrCase<"Q31Double", 2, "q31_double">
  ]> {
  let cppNamespace = "::mlir::qopt";
  let genSpecializedAttr = 0;
}

def QOpt_NumericsAttr : AttrDef<QOpt_Dialect, "Numerics"> {
  let mnemonic = "numerics";
  let summary = "numeric contract of conversions";
  let description = [{
    Says how conversions round and how accumulators are rescaled. On a module,
    as `qopt.numerics`, it is the default of all its operations; on an operation
    it overrides that default. Where neither says anything, the contract is
    `#qopt.numerics<rounding = half_even, multiplier = f32>`.

    - `rounding`: of `x / scale` in `qopt.quantize`, before the zero point is
      added. `half_even` is ONNX's and PyTorch's rule, `half_away` TFLite's.
    - `multiplier`: of `qopt.requantize`. `f32` multiplies the accumulator,
      converted to f32, by the f32 ratio of the scales. `q31_single` and
      `q31_double` multiply by a Q31 mantissa and shift with one rounding
      (TFLite's single rounding, TOSA RESCALE) or two (gemmlowp, TFLite,
      TOSA RESCALE with DOUBLE_ROUND); `rounding` does not apply to them.
      They hold for shifts of at most 62: a ratio of scales below 2^-31
      flushes to zero.

    The formulas are those of `quantopt/Support/QuantMath.h`, which is their one
    definition.
  }];
  let parameters = (ins
    DefaultValuedParameter<"::mlir::qopt::Rounding", "::mlir::qopt::Rounding::HalfEven">:$rounding,
    DefaultValuedParameter<"::mlir::qopt::Multiplier", "::mlir::qopt::Multiplier::F32">:$multiplier);
  let assemblyFormat = "`<` struct(params) `>`";
}

def QOpt_Granularity : I32EnumAttr<"Granularity",
    "what has a scale of its own", [
    I32EnumAttrCase<"Row", 0, "row">,
    I32EnumAttrCase<"Tensor", 1, "tensor">
  ]> {
  let cppNamespace = "::mlir::qopt";
  let genSpecializedAttr = 0;
}

def QOpt_DynamicAttr : AttrDef<QOpt_Dialect, "Dynamic"> {
  let mnemonic = "dynamic";
  let summary = "a contraction whose activations are quantized at each run";
  let description = [{
    On a contraction, as `qopt.dynamic`: its activations get their parameters
    from their own values, each time that the generated code runs.

    - `granularity`: `row` gives each index that the contraction does not sum
      over a scale of its own (QuantizableOpInterface::getSharedDims); `tensor`
      gives all elements one.
    - `symmetric`: the zero point is 0. The product of two activations is
      symmetric in any case.
  }];
  let parameters = (ins
    DefaultValuedParameter<"::mlir::qopt::Granularity", "::mlir::qopt::Granularity::Row">:$granularity,
    DefaultValuedParameter<"bool", "true">:$symmetric);
  let assemblyFormat = "`<` struct(params) `>`";
}

def QOpt_WeightFormat : I32EnumAttr<"WeightFormat",
    "how constant weights are stored", [
    I32EnumAttrCase<"Int8", 0, "int8">,
    I32EnumAttrCase<"Float16", 1, "float16">,
    I32EnumAttrCase<"BFloat16", 2, "bfloat16">,
    I32EnumAttrCase<"Int4", 3, "int4">
  ]> {
  let cppNamespace = "::mlir::qopt";
  let genSpecializedAttr = 0;
}

def QOpt_WeightOnlyAttr : AttrDef<QOpt_Dialect, "WeightOnly"> {
  let mnemonic = "weight_only";
  let summary = "an operation in float whose weights are stored in fewer bits";
  let description = [{
    On a contraction, as `qopt.weight_only`: it computes in f32, and its constant
    weights become f32 where they are read.

    - `format`: `int8` stores symmetric integers behind a `qopt.dequantize`;
      `int4` such from -7 to 7, or in groups from -8 to 7, each of which is an `i8`
      here and half a byte in native code; `float16` and `bfloat16` store floats.
    - `group`: so many neighbours along the largest dimension that the contraction
      sums over share a scale (`qopt.dequantize_groups`; the last group may have
      fewer); 0 gives each output channel one. Integers only.

    On a generic that reads an embedding table, that is stored so, with a scale a
    row (`--qopt-store-embeddings`).
  }];
  let parameters = (ins
    DefaultValuedParameter<"::mlir::qopt::WeightFormat", "::mlir::qopt::WeightFormat::Int8">:$format,
    DefaultValuedParameter<"int64_t", "0">:$group);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

#endif // QUANTOPT_DIALECT_QOPT_IR_QOPTATTRIBUTES_TD
