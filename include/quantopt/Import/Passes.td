//===- Passes.td - Passes of the import phase --------------*- tablegen -*-===//

#ifndef QUANTOPT_IMPORT_PASSES_TD
#define QUANTOPT_IMPORT_PASSES_TD

include "mlir/Pass/PassBase.td"

def AssignNames : Pass<"qopt-assign-names", "::mlir::ModuleOp"> {
  let summary = "Give every float value a stable, readable name";
  let description = [{
    Reads the names that a frontend left in locations and the kinds of
    operations. Afterwards each operation with a float tensor result carries a
    `qopt.name`, and each function argument a `qopt.name` argument attribute,
    unique in the module. The names are the keys of the calibration table, the
    configuration, the remarks and the report; they depend on the order and kind
    of operations only, so the same file gives the same names. Names that exist
    are kept. Refuses nothing.

    Example: test/Import/assign-names.mlir
  }];
}

def ChooseEntry : Pass<"qopt-choose-entry", "::mlir::ModuleOp"> {
  let summary = "Make one public function of several the model";
  let description = [{
    Reads the public functions of a module that have a body. Afterwards `entry` is
    the only one and the others are private, so that import removes those that
    `entry` does not call. Nothing else changes.

    Refuses a name that no public function with a body has.

    Example: test/Import/choose-entry.mlir
  }];
  let options = [
    Option<"entry", "entry", "std::string", /*default=*/"\"\"",
           "The function that stays public">
  ];
}

def FixInputShapes : Pass<"qopt-fix-input-shapes", "::mlir::ModuleOp"> {
  let summary = "Give inputs of dynamic shape the sizes of a sample";
  let description = [{
    Reads the public functions that nothing calls. Afterwards their inputs have the
    shapes of `input-shapes`, one for each input ("1x3x224x224,1x10"; an empty one
    stays as it is). Without, a first dimension that is dynamic becomes 1, for
    models run one sample at a time, and a remark says so. A `tensor.cast` stands
    behind each input that changes, which `qopt-infer-shapes` makes the shapes
    of all other values from.

    Refuses shapes that do not fit an input's known sizes, a wrong number of
    them, and `input-shapes` for several functions. Other dynamic dimensions
    stay, and `qopt-verify-imported` refuses them.

    Example: test/Import/fix-input-shapes.mlir
  }];
  let options = [
    Option<"shapes", "input-shapes", "std::string", /*default=*/"\"\"",
           "Shape of each input, 1x3x224x224 and so on, separated by commas">
  ];
  let dependentDialects = ["::mlir::tensor::TensorDialect"];
}

def FoldBias : Pass<"qopt-fold-bias", "::mlir::func::FuncOp"> {
  let summary = "Move the addition of a constant into a contraction's init";
  let description = [{
    Reads a contraction or convolution with constant weights that starts from
    zero and whose only use adds a constant, broadcast along some dimensions.
    Afterwards the contraction starts from that constant, which is where
    quantization looks for a bias.

    The float result changes by rounding: the sum is taken in another order.
    Leaves everything else alone.

    Example: test/Import/fold-bias.mlir
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def FoldBroadcasts : Pass<"qopt-fold-broadcasts", "::mlir::func::FuncOp"> {
  let summary = "Read weights once that are repeated for a batch";
  let description = [{
    Reads products that multiply by a constant which is repeated along loops of
    theirs: what frontends make of a dense layer on more than two dimensions, a
    `linalg.batch_matmul` with the weights broadcast for each index of the batch.
    Afterwards such a product is a generic that reads the constant itself, and
    reshapes of its other input and of its result are a part of its loops, as long
    as what is summed over stays whole. So the weights can be stored in few bits,
    and the batch is more rows of one product. Changes no number: each sum has the
    same terms in the same order.

    Leaves alone constants of one value, those that are only permuted, and factors
    that are no constants.

    Example: test/Import/fold-broadcasts.mlir
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def FoldConstants : Pass<"qopt-fold-constants", "::mlir::func::FuncOp"> {
  let summary = "Evaluate linalg operations on constants";
  let description = [{
    Reads linalg operations without reductions whose inputs are all constants:
    transposed or rescaled weights, statistics of a normalisation; and generics
    that copy elements of a constant from indices that are affine in their own,
    as those that turn the weights of a transposed convolution around; and
    reshapes and pads of constants. Afterwards they are constants. An operation
    that only broadcasts stays, and so does a pad to more than 16 times as many
    elements, because its result would be larger than its inputs. Bits are those
    of the operations
    themselves; functions of the math dialect are the host's, rounded once from
    f64. The cost is linear in the number of elements.

    Example: test/Import/fold-constants.mlir
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def FreezeParameters : Pass<"qopt-freeze-parameters", "::mlir::ModuleOp"> {
  let summary = "Make constants of what does not change";
  let description = [{
    Reads arguments that `qopt-insert-fake-quant` marked with `qopt.parameter`,
    and the arrays of `values`, an .npz file, that have their names. Afterwards
    each of them is a constant, and the functions of gradients are gone: the
    module is a model like any other, with fake quantization in it. What loads an
    `ml_program.global` that cannot change is a constant, too.

    Refuses parameters that have no array, or one of another shape or type than
    float32, scales that are not positive and finite, and zero points that are
    not whole numbers of their range.

    Example: test/Import/freeze-parameters.mlir
  }];
  let options = [
    Option<"values", "values", "std::string", /*default=*/"\"\"",
           "The trained parameters: an .npz file">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def FuseUnary : Pass<"qopt-fuse-unary", "::mlir::func::FuncOp"> {
  let summary = "Fuse elementwise operations that together depend on one value";
  let description = [{
    Reads chains and diamonds of elementwise generics whose only activation is
    one tensor: `x * sigmoid(x)`, a GELU taken apart. Afterwards they are one
    generic, which quantization turns into one lookup table or one body. Fuses
    only where the intermediate value has no other use. Bits do not change.

    Example: test/Import/fuse-unary.mlir
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def InferShapes : Pass<"qopt-infer-shapes", "::mlir::ModuleOp"> {
  let summary = "Give values the static shapes that casts hide";
  let description = [{
    Reads `tensor.cast` operations that forget a dimension which is known, as
    frontends leave them around joined values and in front of `return`. Afterwards
    `tensor.concat` joins the values as they were, a `tensor.reshape` of a known
    shape to a constant one is a `tensor.collapse_shape` or `expand_shape`, an
    `scf.for` carries values of known shape where each step keeps it, what follows
    from these has its static shape (by upstream's canonicalization of `tensor` and
    `linalg`), and a function that nothing calls returns the types that its values
    have. Changes no
    number.

    Leaves alone what is really dynamic, which `qopt-verify-imported` refuses.

    Example: test/Import/infer-shapes.mlir
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect",
                           "::mlir::linalg::LinalgDialect"];
}

def NormalizeLinalg : Pass<"qopt-normalize-linalg", "::mlir::func::FuncOp"> {
  let summary = "Bring elementwise linalg operations into one spelling";
  let description = [{
    Reads named elementwise operations, `linalg.map` and `linalg.reduce`,
    arithmetic on whole tensors, named contractions that have no model of their
    own (`linalg.contract`, `linalg.mmt4d`), and generics with inputs that are
    scalar or splat constants or broadcasts. Afterwards they are generics with
    such constants inside of their bodies, which read the sources of broadcasts;
    unused and repeated inputs are gone, squares are products, what yields
    one constant is a `linalg.fill`, and contractions that subtract products of
    constant weights (`acc - a * w`, negations in the body) add those of the
    negated weights. Bits do not change. Products of two values that depend on
    data stay as they are subtracted.

    Example: test/Import/normalize-linalg.mlir
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

def RaiseDequantize : Pass<"qopt-raise-dequantize", "::mlir::func::FuncOp"> {
  let summary = "Recognise stored constants that a frontend dequantizes by hand";
  let description = [{
    Reads generics that turn a constant of 8-bit integers into floats by
    converting, subtracting a zero point and multiplying by a scale, per tensor
    or along one dimension. Afterwards they are `qopt.dequantize` operations, so
    that weights which come with parameters keep exactly those. Bits do not
    change. Leaves alone what does not fit the form.

    Example: test/Import/raise-dequantize.mlir
  }];
  let dependentDialects = ["::mlir::qopt::QOptDialect",
                           "::mlir::arith::ArithDialect"];
}

def RaiseFakeQuant : Pass<"qopt-raise-fake-quant", "::mlir::func::FuncOp"> {
  let summary = "Recognise the fake quantization of a trained model";
  let description = [{
    Reads elementwise generics, alone or behind each other, that round f32 values
    to the steps of a scale and a zero point: divide by the scale, round half to
    even, add the zero point, clamp, convert to an integer and back or stay in
    float, subtract the zero point, multiply by the scale. That is what torch's
    fake_quantize and ONNX's QuantizeLinear and DequantizeLinear are taken apart
    into. Afterwards they are `qopt.fake_quant`, whose parameters nothing
    recalibrates; on constants, also where the program had `qopt.fake_quant`
    before, the stored integers and `qopt.dequantize`. Unsigned bytes become signed
    ones that are 128 lower, and stand for the same values, in `qopt.fake_quant`
    that the program had before, too.

    Values that are multiplied by the reciprocal of the scale, as torch does, are
    divided by the scale instead: that is another number, by one step, for values
    within one part in 2^23 of the middle between two steps, and NaN becomes the
    lower bound. All else keeps its bits. Leaves alone what does not fit: rounding
    half away from zero, scales that do not agree, parameters along a dimension
    of values that are not constants.

    Example: test/Import/raise-fake-quant.mlir
  }];
  let dependentDialects = ["::mlir::qopt::QOptDialect",
                           "::mlir::arith::ArithDialect"];
}

def RaiseResize : Pass<"qopt-raise-resize", "::mlir::func::FuncOp"> {
  let summary = "Turn reads by computed indices into movements";
  let description = [{
    Reads parallel `linalg.generic` operations whose body reads a tensor from
    outside by `tensor.extract`, as frontends write resizes, crops, flips and
    reflections. Each index is computed for each value of the one loop that it
    depends on. Afterwards what is read is an operand: where all positions are
    `offset + stride * (i floordiv repeat)`, a slice, a generic that repeats
    elements and a reshape; else `qopt.take` with lists of positions. All of them
    move values and do not compute: they run on storage. Numbers that depend on
    the index of one loop, the weights of an interpolation, become constant
    operands. What is left, if anything, is an elementwise operation that does not
    ask for its position: a bilinear resize is one on four moved values.

    Leaves operations alone of which an index depends on data, on several loops or
    lies outside of the tensor, or where a number depends on several loops.
    Constants that are read in no regular order stay where they are. Values do not
    change. Refuses nothing.

    Example: test/Import/raise-resize.mlir
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::qopt::QOptDialect"];
}

def RaiseSoftmax : Pass<"qopt-raise-softmax", "::mlir::func::FuncOp"> {
  let summary = "Recognise a softmax that was taken apart";
  let description = [{
    Reads `exp(x - max(x)) / sum(exp(x - max(x)))` over one dimension, as
    frontends write it in four to six operations. Afterwards it is one
    `linalg.softmax`, whose range quantization knows. The results are those of
    upstream's decomposition of softmax, which is the same formula.

    Example: test/Import/raise-softmax.mlir
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def SinkDequantize : Pass<"qopt-sink-dequantize", "::mlir::func::FuncOp"> {
  let summary = "Move stored weights instead of their values";
  let description = [{
    Reads transposes, `tensor.collapse_shape` and `tensor.expand_shape` of
    `qopt.dequantize` of constants, as they stand before the product of an
    `nn.Linear` or a depthwise convolution whose weights are stored. Afterwards
    the stored integers are moved, which folds, and the scales go with their
    dimension. Bits do not change. Leaves alone what would split or merge the
    dimension that has scales.

    Example: test/Import/sink-dequantize.mlir
  }];
  let dependentDialects = ["::mlir::qopt::QOptDialect",
                           "::mlir::tensor::TensorDialect"];
}

def UnrollLoops : Pass<"qopt-unroll-loops", "::mlir::func::FuncOp"> {
  let summary = "Write the steps of loops over tensors one after the other";
  let description = [{
    Reads `scf.for` loops that carry or make tensors: recurrent layers, as frontends
    write them. Afterwards each step is operations of its own, which are quantized
    and planned like all others. Changes no number. The cost, and the size of the
    program, is linear in steps times operations.

    Refuses a number of steps that is not known, as that of each `scf.while`, and
    more than `max-operations` operations in all.

    Example: test/Import/unroll-loops.mlir
  }];
  let options = [
    Option<"maxOperations", "max-operations", "int64_t", /*default=*/"20000",
           "How many operations the steps of a loop may become">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
}

def VerifyImported : Pass<"qopt-verify-imported", "::mlir::ModuleOp"> {
  let summary = "Check the contract of the import phase";
  let description = [{
    Checks what later phases rely on: every float tensor in an operation that
    quantization would touch has a static shape and elements of f32; operations
    come from dialects that the lowering knows, none is a call, none is a hook of
    calibration, and none is of the integer form, as in a model that is quantized
    already; the values of constants are there; names exist and are unique.
    Changes nothing. Violations are errors at the operation,
    with the next step.

    Example: test/Import/verify-imported.mlir
  }];
}

#endif // QUANTOPT_IMPORT_PASSES_TD
