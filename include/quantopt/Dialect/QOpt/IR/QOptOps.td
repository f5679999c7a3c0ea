//===- QOptOps.td - Operations of the qopt dialect ---------*- tablegen -*-===//

#ifndef QUANTOPT_DIALECT_QOPT_IR_QOPTOPS_TD
#define QUANTOPT_DIALECT_QOPT_IR_QOPTOPS_TD

include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "quantopt/Dialect/QOpt/IR/QOptAttributes.td"

class QOpt_Op<string mnemonic, list<Trait> traits = []>
    : Op<QOpt_Dialect, mnemonic, traits>;

/// A scalar, a vector or a tensor of T, that is what ElementwiseMappable maps.
class QOpt_Like<Type T> : TypeOrValueSemanticsContainer<T, T.summary # " or container of it">;
/// One of upstream's quantized types, kept as an attribute.
def QOpt_QuantizedTypeAttr : TypeAttrBase<"::mlir::quant::QuantizedType",
                                          "quantized type attribute">;
def QOpt_FloatLike : QOpt_Like<AnyFloat>;
def QOpt_StorageLike : QOpt_Like<AnySignlessInteger>;

class QOpt_ElementwiseOp<string mnemonic, list<Trait> traits = []>
    : QOpt_Op<mnemonic, !listconcat(traits, [Pure, SameOperandsAndResultShape,
        Elementwise, Scalarizable, Vectorizable, Tensorizable])>;

def QOpt_QuantizeOp : QOpt_ElementwiseOp<"quantize"> {
  let summary = "real values to stored integers";
  let description = [{
    `q = clamp(round(x / scale) + zero_point, qmin, qmax)`, with the division,
    the rounding, the addition and the clamp in f32 and in this order. The
    rounding is that of the numeric contract, half to even by default. NaN gives
    `qmin`; infinities saturate. (Rule Q0 of docs/NumericContract.md.)

    Constraints:
    - (C1) the element type of the result is the storage type of `type`.
    - (C2) the element type of the input is the expressed type of `type`.
    - (C3) zero points lie within the storage range.
    - (C4) a per-axis `type` stands on a tensor that has that axis, with one
      scale an index.
    - (C5) `type` is per tensor or per axis.

    ```mlir
    %q = qopt.quantize %x as !quant.uniform<i8:f32, 1.000000e-01:3> : tensor<4xf32> -> tensor<4xi8>
    ```
  }];
  let arguments = (ins QOpt_FloatLike:$input, QOpt_QuantizedTypeAttr:$type,
                       OptionalAttr<QOpt_NumericsAttr>:$numerics);
  let results = (outs QOpt_StorageLike:$result);
  let assemblyFormat = "$input `as` $type attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def QOpt_DequantizeOp : QOpt_ElementwiseOp<"dequantize"> {
  let summary = "stored integers to real values";
  let description = [{
    `x = f32(q - zero_point) * scale`: the subtraction in integers, one rounding
    to f32 where the difference needs more than 24 bits, and one multiplication
    by the f32 scale. (Rule D0 of docs/NumericContract.md.) An accumulator is
    dequantized by a type with `i32` storage.

    Constraints (C1) to (C5) are those of `qopt.quantize`, with input and result
    exchanged.

    ```mlir
    %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.000000e-01:3> : tensor<4xi8> -> tensor<4xf32>
    ```
  }];
  let arguments = (ins QOpt_StorageLike:$input, QOpt_QuantizedTypeAttr:$type);
  let results = (outs QOpt_FloatLike:$result);
  let assemblyFormat = "$input `as` $type attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def QOpt_RequantizeOp : QOpt_ElementwiseOp<"requantize"> {
  let summary = "stored integers of one type to stored integers of another";
  let description = [{
    `q' = clamp(rescale(q - z_from) + z_to, qmin_to, qmax_to)`, where `rescale`
    is the numeric contract's `multiplier`: by default
    `round_half_even(f32(q - z_from) * m)` with
    `m = f32(scale_from / scale_to)`, the quotient taken in f64.

    The storage range of `to` may be narrower than its width: that is a clamp
    (a relu, say) fused into the conversion.

    Constraints:
    - (C1) the element types are the storage types of `from` and `to`.
    - (C2) zero points lie within the storage ranges.
    - (C3) a per-axis type stands on a tensor that has that axis, with one scale
      an index.
    - (C4) both types are per tensor or per axis.
    - (C5) storage of `to` has at most 16 bits.

    ```mlir
    %q = qopt.requantize %acc from !quant.uniform<i32:f32:1, {2.0e-3,5.0e-3}> to !quant.uniform<i8:f32, 5.0e-02:-5> : tensor<3x2xi32> -> tensor<3x2xi8>
    ```
  }];
  let arguments = (ins QOpt_StorageLike:$input, QOpt_QuantizedTypeAttr:$from, QOpt_QuantizedTypeAttr:$to,
                       OptionalAttr<QOpt_NumericsAttr>:$numerics);
  let results = (outs QOpt_StorageLike:$result);
  let assemblyFormat = "$input `from` $from `to` $to attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def QOpt_LookupOp : QOpt_ElementwiseOp<"lookup"> {
  let summary = "unary function of an 8-bit value, as a table";
  let description = [{
    `result[i] = table[u8(input[i])]`: the index is the bit pattern of the input
    read as unsigned, so entries 0 to 127 are those of stored values 0 to 127
    and entries 128 to 255 those of -128 to -1 (TFLite's order).

    Constraints:
    - (C1) the table has 256 entries of the result's element type.

    ```mlir
    %r = qopt.lookup %q in dense<7> : tensor<256xi8> : tensor<4xi8> -> tensor<4xi8>
    ```
  }];
  let arguments = (ins QOpt_Like<I8>:$input, ElementsAttr:$table);
  let results = (outs QOpt_Like<AnyType>:$result);
  let assemblyFormat = "$input `in` $table attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def QOpt_QuantizeDynamicOp : QOpt_Op<"quantize_dynamic", [Pure]> {
  let summary = "real values to stored integers, by parameters of their own";
  let description = [{
    Chooses parameters from the values themselves and quantizes with them. Each
    index of the dimensions `kept` has a scale of its own; without any, the whole
    tensor has one. (Rules Y0 and Y1 of docs/NumericContract.md.)

    Symmetric, without a third result: `amax = max |x|`, `s = amax / 127`, and
    `q = clamp(round(x / s), -127, 127)`.

    Asymmetric, with the zero points as a third result: over the range that the
    values and 0 span, `s = (max - min) / 255`,
    `z = clamp(round(-min / s), 0, 255) - 128`, and
    `q = clamp(round(x / s) + z, -128, 127)`. This is ONNX's
    `DynamicQuantizeLinear`, less 128.

    Divisions are in f32; the rounding of values is that of the numeric contract,
    the zero point's is half to even. A scale below 2^-100 (all values are
    zero, say) becomes 1. NaN takes no part in the range and is
    stored as the smallest value; an infinity makes its scale infinite, so that
    no result which depends on it is finite.

    Constraints:
    - (C1) `kept` names different dimensions of the input.
    - (C2) scales and zero points have the sizes of these dimensions, in their
      order.
    - (C3) the result has the shape of the input.

    ```mlir
    %q, %s = qopt.quantize_dynamic %x per [0] : (tensor<4x8xf32>) -> (tensor<4x8xi8>, tensor<4xf32>)
    %r, %t, %z = qopt.quantize_dynamic %x per [] : (tensor<4x8xf32>) -> (tensor<4x8xi8>, tensor<f32>, tensor<i32>)
    ```
  }];
  let arguments = (ins RankedTensorOf<[F32]>:$input, DenseI64ArrayAttr:$kept,
                       OptionalAttr<QOpt_NumericsAttr>:$numerics);
  let results = (outs RankedTensorOf<[I8]>:$result, RankedTensorOf<[F32]>:$scales,
                      Optional<RankedTensorOf<[I32]>>:$zeroPoints);
  let assemblyFormat = "$input `per` $kept attr-dict `:` functional-type($input, results)";
  let hasVerifier = 1;
}

def QOpt_DequantizeGroupsOp : QOpt_Op<"dequantize_groups", [Pure]> {
  let summary = "stored integers to real values, with a scale a group";
  let description = [{
    `x[..., k, ...] = f32(q[..., k, ...]) * s[..., k / group_size, ...]` along
    dimension `axis`, rounded down: as `qopt.dequantize` with zero point 0 (rule D0
    of docs/NumericContract.md), and as ONNX's blocked `DequantizeLinear`. The last
    group may have fewer elements. Scales are an operand, for there may be as many
    as an eighth of the weights.

    Constraints:
    - (C1) `axis` is a dimension of the input, and `group_size` at least 1.
    - (C2) scales have the input's sizes, but `ceil(size / group_size)` along
      `axis`.

    ```mlir
    %w = qopt.dequantize_groups %q, %s along 0 by 32 : (tensor<100x64xi8>, tensor<4x64xf32>) -> tensor<100x64xf32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[I8]>:$input, RankedTensorOf<[F32]>:$scales,
                       I64Attr:$axis, I64Attr:$groupSize);
  let results = (outs RankedTensorOf<[F32]>:$result);
  let assemblyFormat = "$input `,` $scales `along` $axis `by` $groupSize attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def QOpt_TakeOp : QOpt_Op<"take", [Pure]> {
  let summary = "the elements at listed positions along some dimensions";
  let description = [{
    `y[..., i, ...] = x[..., positions[i], ...]` along each dimension of `dims`,
    with a list of positions for each; the other dimensions are as they were
    (NumPy's `take`). Moves values and computes nothing, so it stands on real
    and on stored values. Positions outside of the input are undefined.

    Constraints:
    - (C1) `dims` are dimensions of the input, ascending, with one list of
      positions each.
    - (C2) the result has the input's sizes, but the number of positions along
      each of `dims`, and the input's elements.

    ```mlir
    %y = qopt.take %x along [2] at %rows : (tensor<1x8x4x4xf32>, tensor<6xi32>) -> tensor<1x8x6x4xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input, DenseI64ArrayAttr:$dims,
                       Variadic<1DTensorOf<[I32]>>:$positions);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input `along` $dims `at` $positions attr-dict `:` functional-type(operands, $result)";
  let hasVerifier = 1;
}

def QOpt_FakeQuantOp : QOpt_ElementwiseOp<"fake_quant", [SameOperandsAndResultType]> {
  let summary = "quantize, then dequantize, in one operation";
  let description = [{
    By definition `qopt.dequantize(qopt.quantize(input))` with the same type:
    the form that quantization-aware training writes. Parameters that stand here
    are final: nothing recalibrates them.

    Constraints are those of `qopt.quantize`.

    ```mlir
    %y = qopt.fake_quant %x as !quant.uniform<i8:f32, 1.000000e-01:3> : tensor<4xf32>
    ```
  }];
  let arguments = (ins QOpt_FloatLike:$input, QOpt_QuantizedTypeAttr:$type,
                       OptionalAttr<QOpt_NumericsAttr>:$numerics);
  let results = (outs QOpt_FloatLike:$result);
  let assemblyFormat = "$input `as` $type attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def QOpt_ObserveOp : QOpt_Op<"observe", [SameOperandsAndResultType,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "calibration hook: passes its value and counts it";
  let description = [{
    Returns its input unchanged and, when the program runs, adds every element
    to the statistics kept under `id` in the calibration table: exact count,
    minimum, maximum, zeros, NaN, infinities, and the histogram of the top 16
    bits of the f32 pattern. The statistics are integers that add up in any
    order, so neither the order of samples nor sharding changes them.

    Once a calibration has been applied, `type` holds the parameters chosen for
    the value. Those of a `final` observer came with the model: they are kept as
    they are, and the value is rounded by them whatever reads it.

    Constraints:
    - (C1) `id` is not empty.
    - (C2) `type`, where there is one, fits the value as in `qopt.quantize`.
    - (C3) `final` needs a `type`.

    ```mlir
    %y = qopt.observe %x id "conv_1" : tensor<1x8xf32>
    %z = qopt.observe %x id "conv_1" as !quant.uniform<i8:f32, 1.000000e-01:3> : tensor<1x8xf32>
    %f = qopt.observe %x id "conv_1" as !quant.uniform<i8:f32, 1.000000e-01:3> final : tensor<1x8xf32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[AnyFloat]>:$input, StrAttr:$id,
                       OptionalAttr<QOpt_QuantizedTypeAttr>:$type,
                       UnitAttr:$final);
  let results = (outs RankedTensorOf<[AnyFloat]>:$result);
  let assemblyFormat = "$input `id` $id (`as` $type^)? (`final` $final^)? attr-dict `:` type($input)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// What a calibration table calls the type of the value:
    /// "tensor<1x16x8x8xf32>", whatever its encoding.
    std::string getTableType();
  }];
}

def QOpt_ObserveMeansOp : QOpt_Op<"observe_means",
    [DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "calibration hook: counts the means of what a contraction reads";
  let description = [{
    When the program runs, adds the mean over all dimensions but `channels` to the
    statistics of the operation whose `qopt.name` is `id`: one mean for each index
    of `channels`, those that its weights have, too. What rounding the weights does
    to a result on average follows from them (qopt-quantize-weights). Exact sums of
    samples' means, so neither the order of samples nor sharding changes them.

    Lives from `qopt-insert-observers` until a calibration is applied.

    Constraints:
    - (C1) `id` is not empty.
    - (C2) `channels` are dimensions of the value, ascending.

    ```mlir
    qopt.observe_means %x over [1] id "conv_1" : tensor<1x8x4x4xf32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[AnyFloat]>:$input, StrAttr:$id,
                       DenseI64ArrayAttr:$channels);
  let assemblyFormat = "$input `over` $channels `id` $id attr-dict `:` type($input)";
  let hasVerifier = 1;
}

#endif // QUANTOPT_DIALECT_QOPT_IR_QOPTOPS_TD
