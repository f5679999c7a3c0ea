//===- Passes.td - Passes of the quantization phase --------*- tablegen -*-===//

#ifndef QUANTOPT_QUANTIZATION_PASSES_TD
#define QUANTOPT_QUANTIZATION_PASSES_TD

include "mlir/Pass/PassBase.td"

def PinFakeQuant : Pass<"qopt-pin-fake-quant", "::mlir::func::FuncOp"> {
  let summary = "Take over the parameters of fake_quant as they are";
  let description = [{
    Reads `qopt.fake_quant` on tensors with parameters for the whole tensor.
    Afterwards they are `qopt.observe` that are `final`: no other pass changes
    their parameters or leaves the rounding out, so that the integer form computes
    what was trained. Statistics of the value before it was rounded are passed by.
    Refuses values without a name.

    Example: test/Quantization/pin-fake-quant.mlir
  }];
  let dependentDialects = ["::mlir::qopt::QOptDialect"];
}

def SelectOps : Pass<"qopt-select-ops", "::mlir::func::FuncOp"> {
  let summary = "Decide which operations compute on integers";
  let description = [{
    Reads the roles of operations (QuantizableOpInterface) and who uses their
    results. Afterwards every operation that quantization could touch carries
    either `qopt.integer` or `qopt.float = "reason"`:
    - a contraction computes on integers;
    - so does an operation that only moves values into a contraction, so that
      they are quantized where float code makes them;
    - any other operation does where a quantized operation makes one of its
      operands and a quantized operation needs its result, so that integers stay
      integers between two contractions and float code at the boundary stays as
      it is.
    A `qopt.float` that exists (from the configuration) stays, and contractions
    with `qopt.dynamic` are left to qopt-quantize-dynamically. Changes no
    operation.

    Example: test/Quantization/select-ops.mlir
  }];
}

def PropagateParams : Pass<"qopt-propagate-params", "::mlir::func::FuncOp"> {
  let summary = "Give values that must share parameters the same ones";
  let description = [{
    Reads the types on `qopt.observe` and the selected operations. Operands and
    result of a same-scale operation form one class (union-find over values);
    afterwards every member of a class, also those without statistics of their
    own, passes through a `qopt.observe` with the class's type: that of its
    `final` members, else that of the `final` observers that read what was moved
    if nothing else reads the class, else that of its one member with statistics,
    else the type of the union of their ranges, to which those with
    `qopt.no_range` add nothing. A `final` observer that reads a
    class of another type rounds once more, as in the model. Where `final` members
    have different types, the operations between them stay in float. So a
    range moves forward through a pad and backward through a concat, whatever
    lies in between. Refuses to change what a quantization map gives
    (`qopt.given`).

    An operand of an operation that joins several values keeps the parameters of
    its own range where it has other readers too, and they would lose more than
    `max-loss` by the range of all: `20 log10` of the ratio of the two scales.
    It is rounded once more where it is joined (by `qopt-insert-qdq`), which costs
    a table look-up an element and, at 12 dB, a quarter of a dB of what is joined
    (docs/Placement.md). The configuration's `max-loss` is this option. All of this concerns parameters from samples only.

    Example: test/Quantization/propagate-params.mlir
  }];
  let options = [
    Option<"maxLoss", "max-loss", "double", /*default=*/"12.0",
           "What the other readers of a value that is joined with others may "
           "lose, in dB, before it keeps parameters of its own">,
  ];
  let dependentDialects = ["::mlir::qopt::QOptDialect"];
}

def QuantizeWeights : Pass<"qopt-quantize-weights", "::mlir::func::FuncOp"> {
  let summary = "Store the constant weights of contractions in fewer bits";
  let description = [{
    Reads the weights of selected contractions and of those with `qopt.dynamic` or
    `qopt.weight_only`. Those of the latter become `float16` or `bfloat16`
    constants (rounded half to even, subnormals kept) behind a generic that extends
    them, or, with groups, `i8` behind a `qopt.dequantize_groups` (`int4`: from -8 to
    7, with a scale of either sign). Afterwards each other one is a constant of `i8`
    behind a `qopt.dequantize`: symmetric, in [-127, 127] or, with `bits=7`, in
    [-64, 64] (see docs/Targets.md), or, as `int4`, in [-7, 7]; with `bits=16` and
    activations of 16 bits, of `i16` with as many steps as leave as many to the
    activation in a sum of 32 bits (then by the largest magnitude, whatever `method`
    says). There is one scale an output channel (or one for all,
    `granularity=per-tensor`), that of the largest magnitude or, with `method=mse`, the scale of least squared error.
    A channel of zeros gets the smallest scale of its neighbours, and no scale is
    so small that the bias would overflow the accumulator: a remark names the
    channels whose scale grew for it (docs/NumericContract.md, "Degenerate
    values"). A constant that is broadcast is written out as often as it repeats,
    and stays in float where that takes more bytes than it has in float. Weights that
    a `qopt.dequantize` without zero points makes already keep their parameters,
    and `qopt.given_weights`, which a quantization map gives, decides for others.

    Where calibration left `qopt.input_means` on an operation, a constant bias (or
    zero) takes back what rounding the weights shifts each result by on average,
    `sum_k (stored_k - w_k) E[x_k]`, unless `bias-correction=false`. With given
    weights, what the map gives is added instead.

    Changes numbers, and clips them where that costs least, so without a bound.

    Refuses weights that are NaN or infinite, and given scales so small that
    the bias would overflow the accumulator. Warns where a finite weight becomes
    infinite in `float16`.

    Example: test/Quantization/quantize-weights.mlir
  }];
  let options = [
    Option<"granularity", "granularity", "std::string",
           /*default=*/"\"per-channel\"", "per-channel or per-tensor">,
    Option<"method", "method", "std::string", /*default=*/"\"mse\"",
           "min-max or mse">,
    Option<"bits", "bits", "int64_t", /*default=*/"8", "8, 7 or 16">,
    Option<"biasCorrection", "bias-correction", "bool", /*default=*/"true",
           "Take what rounding shifts on average out of the bias">
  ];
  let dependentDialects = ["::mlir::qopt::QOptDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def FitAccumulators : Pass<"qopt-fit-accumulators", "::mlir::func::FuncOp"> {
  let summary = "Cut 16-bit activations to what sums in 32 bits have room for";
  let description = [{
    Reads the types on `qopt.observe` and the stored weights of selected
    contractions. Where the bias and the largest sum of weights times stored
    activations of 16 bits, each weight with the end of the range that its sign
    wants, could leave 32 bits, the activation's range is cut into so few steps
    that they cannot, whatever the input: sums stay exact, and the proof is in the
    constants. Values that the activation shares parameters with are cut with it.
    In a product of two activations of 16 bits both give the same.

    Changes numbers: the activation rounds to larger steps, of the same range, of
    which at least 255 are left either way. Leaves alone what the model or a
    quantization map gives, and what would need fewer steps: such a contraction has
    no integer form.

    Example: test/Quantization/fit-accumulators.mlir
  }];
  let dependentDialects = ["::mlir::qopt::QOptDialect"];
}

def InsertQDQ : Pass<"qopt-insert-qdq", "::mlir::func::FuncOp"> {
  let summary = "Turn observers into quantize and dequantize pairs";
  let description = [{
    Reads the typed `qopt.observe` operations and the selected operations.
    Afterwards there is no observer: where an integer operation needs a value on
    storage, a pair `qopt.dequantize(qopt.quantize(x))` stands in its place, and
    elsewhere nothing.

    A value between a contraction, sum or elementwise operation and the one exact
    elementwise operation that uses it gets no pair: the two fuse, and rounding
    to 8 bits in between would lose accuracy for nothing. Where an operation moves
    a value into a result of another type, a second pair of that type stands in
    front of it.

    Changes values by at most half a step for each pair in a row, within the range of
    their types.

    Example: test/Quantization/insert-qdq.mlir
  }];
  let dependentDialects = ["::mlir::qopt::QOptDialect"];
}

def InsertFakeQuant : Pass<"qopt-insert-fake-quant", "::mlir::ModuleOp"> {
  let summary = "Write a calibrated model in the form that a trainer takes";
  let description = [{
    Reads a calibrated module, as `--qopt-quantize` leaves it with
    `--compile-to=calibrate`, and the settings of `config`. Afterwards the model
    is float with `qopt.fake_quant` around exactly the values that quantization
    would store in 8 or 16 bits: activations where an integer operation reads
    them, and the constant weights of contractions, with a scale for each output
    channel where the configuration says so. Activations that are quantized at
    run time stay as they are. The decisions are those of the passes from
    qopt-select-ops to qopt-insert-qdq, which run here; so the model computes
    what the integer form computes, but for the rounding of f32 sums and of
    biases (qopt-fold-qdq). There is no observer.

    With `form=linalg` each fake quantization is one elementwise generic,
    `clamp(roundeven(x / s) + z, qmin, qmax) - z` times `s`, that reads its scale
    and its zero point (left out where it is 0) as f32 tensors.
    `qopt-raise-fake-quant` recognises it. With `parameters=arguments` these
    tensors, and the weights and biases of contractions, are arguments of the
    function, behind its inputs: `qopt.name` names them, `qopt.parameter` says
    what they are, and `values`, an .npz file, gets the numbers that they start
    from. Values that must share parameters share the argument. Zeros that a
    contraction reads as they are, where it begins to sum, are no bias; zeros that
    are broadcast are one. Equal biases of one number repeated are each their own.
    qopt-freeze-parameters makes constants of what training made of them. With
    `weight-scales=lsq` the scales of weights are LSQ's own start,
    `2 mean|w| / sqrt(Qp)`, in place of those of the integer form.

    `gradients` adds a function `@<name>_fake_quant_grad(x, s, z, dy)` for each
    kind of fake quantization, which `qopt.gradient` names at its uses:
    - `ste` returns dx = dy where `qmin <= roundeven(x / s) + z <= qmax`, else 0:
      the straight-through estimator, by the rounded index, as torch has it;
    - `ste-range` returns dx = dy where `(qmin - z) s <= x <= (qmax - z) s` or
      `s = 0`, else 0, and the sums of dy below and above, as TensorFlow's
      FakeQuantWithMinMaxVars has it for its minimum and maximum;
    - `lsq` returns dx as `ste`, and for each scale
      `ds = g sum(dy d)` with `d = roundeven(x / s) - x / s` inside, `qmin - z`
      below and `qmax - z` above, and `dz = g sum(-s dy)` over what is outside;
      `g = 1 / sqrt(N Qp)` with N elements a scale and `Qp = qmax - z`.
    docs/Schemes.md has the sources.

    A contraction that turns out to have no integer form keeps the reason, which
    a remark tells, as `qopt.float`: on the way back it stays in float, too.

    Refuses a module that holds nothing calibrated, one in which all is
    weight-only, and another rounding than half to even where it writes one
    (`form=linalg` and `gradients`).

    Example: test/Quantization/insert-fake-quant.mlir
  }];
  let options = [
    Option<"config", "config", "std::string", /*default=*/"\"\"",
           "Settings: a YAML file (docs/Configuration.md)">,
    Option<"form", "form", "std::string", /*default=*/"\"op\"",
           "op: qopt.fake_quant; linalg: generics">,
    Option<"parameters", "parameters", "std::string",
           /*default=*/"\"constants\"",
           "constants, or arguments: of the function, with form=linalg">,
    Option<"values", "values", "std::string", /*default=*/"\"\"",
           "Where to write what the arguments start from: an .npz file">,
    Option<"weightScales", "weight-scales", "std::string",
           /*default=*/"\"calibrated\"",
           "Where scales of weights start: calibrated or lsq">,
    Option<"gradients", "gradients", "std::string", /*default=*/"\"none\"",
           "Functions of gradients: none, ste, ste-range or lsq">
  ];
  let dependentDialects = ["::mlir::qopt::QOptDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::arith::ArithDialect"];
}

def FuseElementwise : Pass<"qopt-fuse-elementwise", "::mlir::func::FuncOp"> {
  let summary = "Fuse chains of exact elementwise operations";
  let description = [{
    Reads selected elementwise generics that follow each other without a pair of
    quantize and dequantize. Afterwards each chain is one generic. Bits do not
    change.

    Example: test/Quantization/fuse-elementwise.mlir
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def FoldQDQ : Pass<"qopt-fold-qdq", "::mlir::func::FuncOp"> {
  let summary = "Fold quantize and dequantize into the integer form";
  let description = [{
    Reads float operations between `qopt.dequantize` and `qopt.quantize`.
    Afterwards the selected ones compute on storage:
    - contractions and sums on i8 with i32 accumulators, whose initial value
      holds the bias and every zero-point term;
    - `quantize(dequantize(accumulator))` is a `qopt.requantize`, and a clamp in
      between narrows its storage range (exact, because quantization is
      monotone);
    - unary functions of 8-bit values are `qopt.lookup` tables (exact by
      definition of the table);
    - other elementwise operations are generics whose bodies dequantize, compute
      in f32 and quantize;
    - same-scale operations work on storage, and constants that they move are
      stored quantized.
    An operation that has no integer form after all stays in float, with the
    reason in `qopt.float`.

    Compared to the pairs it replaces, a contraction differs by the rounding of
    its f32 sum, which the integer sum does not have, and by the rounding of its
    bias to the accumulator's scale: less than half a unit of the accumulator. So
    results differ by at most one step; all else is exact.

    Example: test/Quantization/fold-qdq.mlir
  }];
  let dependentDialects = ["::mlir::qopt::QOptDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect",
                           "::mlir::arith::ArithDialect"];
}

def QuantizeDynamically
    : Pass<"qopt-quantize-dynamically", "::mlir::func::FuncOp"> {
  let summary = "Quantize the activations of contractions at run time";
  let description = [{
    Reads contractions with `qopt.dynamic`, whose weights are stored in 8 bits
    already. Afterwards each reads activations that `qopt.quantize_dynamic` makes
    (one for all contractions that read the same values in the same way), sums
    products in i32 from 0 (QuantizableOpInterface::buildIntegerForm), and a
    generic computes
    `f32(acc - z * sum(w)) * (s * s_w) + init` for each element in this order:
    `s` and `z` are the scale and the zero point of the activations behind it,
    `s_w` the scale of its weights, or of the second activation. A term that
    is zero throughout is left out.

    Changes numbers by what quantization at run time loses.

    An operation that has no integer form after all stays in float, with the
    reason in `qopt.float`.

    Example: test/Quantization/quantize-dynamically.mlir
  }];
  let dependentDialects = ["::mlir::qopt::QOptDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect",
                           "::mlir::arith::ArithDialect"];
}

def RecordExplanation : Pass<"qopt-record-explanation", "::mlir::func::FuncOp"> {
  let summary = "Keep what was decided about each value";
  let description = [{
    Reads what selection and propagation wrote on operations and observers.
    Afterwards the function has `qopt.explanation`, a list with a dictionary for
    each input and each operation that quantization could touch: its name,
    operation and location; `integer`, `float` or `dynamic`, and why; where the
    value is an integer anywhere, its parameters and where they come from
    (`qopt.why`, which passes write where the module has `qopt.explain`, and
    `qopt.given`); and what there is to say of its weights, which leaves the
    operation. Changes nothing else. Parameters of a value that later fuses into what reads it are
    those it would have had alone.

    Example: test/Quantization/record-explanation.mlir
  }];
}

def WriteExplanation : Pass<"qopt-write-explanation", "::mlir::ModuleOp"> {
  let summary = "Write why each operation is what it is";
  let description = [{
    Reads `qopt.explanation`, and the reasons of operations that turned out to have
    no integer form since. Writes them to `file`, as text or, where its name ends
    in `.json`, as JSON, whole or not at all; `-` is standard output. Afterwards
    the module has no trace of it. Refuses to write nowhere.

    Example: test/Quantization/write-explanation.mlir
  }];
  let options = [
    Option<"file", "file", "std::string", "\"\"", "where to write">
  ];
}

def WriteQuantizationMap
    : Pass<"qopt-write-quantization-map", "::mlir::ModuleOp"> {
  let summary = "Write the parameters of each value";
  let description = [{
    Reads observers, stored weights and what selection decided. Writes for each
    input and each operation that quantization could touch its scheme, the
    parameters of its value and of its weights, and where these come from
    (`qopt.why`), to `file`, which `qopt-apply-quantization-map` reads; whole or
    not at all; `-` is standard output. Afterwards nothing asks for an
    explanation any more. Refuses to write nowhere.

    Example: test/Quantization/write-quantization-map.mlir
  }];
  let options = [
    Option<"file", "file", "std::string", "\"\"", "where to write">
  ];
}

def StoreEmbeddings : Pass<"qopt-store-embeddings", "::mlir::func::FuncOp"> {
  let summary = "Store embedding tables in 8 bits";
  let description = [{
    Reads generics with `qopt.weight_only` whose body loads, by `tensor.extract`,
    from a constant of f32 at rows that their operands give: the first indices are
    computed from operands, and those of the row, of at least 4 elements, from the
    position only. Afterwards the constant is of `i8`, symmetric in [-127, 127], with
    a scale a row, that of the largest magnitude or, with `method=mse`, the scale of
    least squared error; the body loads both, and its value is `f32(q) * scale`. With
    the formats `float16` and `bfloat16` the constant is of these (half to even), and
    the body extends what it loads. Tables with several readers are stored once.
    Other loads, and tables that something else computes with, stay as they are.

    Changes numbers by at most half a scale of their row, or, where `mse` clips,
    as it finds best.

    Refuses tables with NaN or infinities. Warns where a finite value becomes
    infinite in `float16`.

    Example: test/Quantization/store-embeddings.mlir
  }];
  let options = [
    Option<"method", "method", "std::string", /*default=*/"\"mse\"",
           "How the scale of a row is chosen: min-max or mse">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

def VerifyQuantized : Pass<"qopt-verify-quantized", "::mlir::func::FuncOp"> {
  let summary = "Check the contract of the quantization phase, explain floats";
  let description = [{
    Checks that no observer, no fake quantization and no selected operation in
    float is left, and says in remarks which operations stay in float and why: one
    for all of a name and a reason, at the first of them. With `require-int8` each
    such operation is an error. Removes the
    attributes that selection made. Operations that only feed the function's
    results are at the boundary and never an error, but for contractions.

    Example: test/Quantization/verify-quantized.mlir
  }];
  let options = [
    Option<"requireInt8", "require-int8", "bool", /*default=*/"false",
           "Operations that stay in float are errors">
  ];
}

#endif // QUANTOPT_QUANTIZATION_PASSES_TD
