//===- Passes.td - Passes of the calibration phase ---------*- tablegen -*-===//

#ifndef QUANTOPT_CALIBRATION_PASSES_TD
#define QUANTOPT_CALIBRATION_PASSES_TD

include "mlir/Pass/PassBase.td"

def ChooseSchemes : Pass<"qopt-choose-schemes", "::mlir::ModuleOp"> {
  let summary = "Decide which contractions are quantized at run time";
  let description = [{
    Reads the settings of `config` for each named operation. Afterwards a
    contraction whose scheme is dynamic carries `qopt.dynamic`, and an operation
    that the configuration keeps in float carries `qopt.float`; so that their
    weights are stored in fewer bits, contractions and readers of embedding tables
    carry `qopt.weight_only`. Nothing else changes. A function in which no contraction is static needs no calibration.
    With `map`, a quantization map, its schemes take the place of the settings.

    Refuses a configuration or map that cannot be read, an operation that is no
    contraction and dynamic in the map, settings of weights that no weights
    follow (`granularity: per-tensor` where all are in groups, it or `bits: 7`
    where all are `float16` or `bfloat16`) and, where nothing is left to
    calibrate, overrides that match nothing.

    Example: test/Calibration/choose-schemes.mlir
  }];
  let options = [
    Option<"config", "config", "std::string", /*default=*/"\"\"",
           "Settings: a YAML file (docs/Configuration.md)">,
    Option<"map", "map", "std::string", /*default=*/"\"\"",
           "A quantization map whose schemes to take">
  ];
  let dependentDialects = ["::mlir::qopt::QOptDialect"];
}

def InsertObservers : Pass<"qopt-insert-observers", "::mlir::ModuleOp"> {
  let summary = "Insert the hooks of calibration";
  let description = [{
    Reads the names that `qopt-assign-names` gave. Afterwards every float tensor
    that depends on an input passes through a `qopt.observe` whose `id` is its
    name, a `qopt.observe_means` stands in front of each contraction with constant
    weights, over the dimensions of its activation that the weights have, too, and
    nothing else has changed. Values that only move others
    (same-scale operations) get no hook: propagation gives them parameters. A
    constant that is moved, such as the table of an embedding, has one for whoever
    moves it, "gather_0.0" of the first operand of `gather_0`, unless it is all
    zeros or not finite.
    A function gets no hooks where each contraction is `qopt.dynamic` or stays in
    float. With `explain`, the module gets `qopt.explain`, and later passes write
    in `qopt.why` of the hooks where their parameters come from. Refuses values
    without a name.

    Example: test/Calibration/insert-observers.mlir
  }];
  let options = [
    Option<"explain", "explain", "bool", /*default=*/"false",
           "Ask later passes where parameters come from">
  ];
  let dependentDialects = ["::mlir::qopt::QOptDialect"];
}

def Calibrate : Pass<"qopt-calibrate", "::mlir::ModuleOp"> {
  let summary = "Run the model on samples and choose parameters";
  let description = [{
    Compiles the module with its observers, runs it in this process over all
    samples of `data`, an .npz or .npy file with one array an input, and does
    what `qopt-apply-calibration` does with the table that results. Memory does
    not grow with the number of samples, and the table's bytes do not depend on
    their order. Where nothing is observed because everything is quantized at run
    time (`qopt.dynamic`) or computes in float, needs no samples, and only looks
    whether `data`, where it is given, can be opened. With `table`, the table is
    written there. With `resume`, counts are added to those of that table, which
    must not hold the same samples.

    Refuses arrays that fit no input, missing inputs, files that are damaged,
    a table to resume that is of another model, and samples with NaN or infinities unless the configuration ignores them.

    Example: test/Calibration/calibrate.mlir
  }];
  let options = [
    Option<"data", "data", "std::string", /*default=*/"\"\"",
           "Samples: an .npz file with one array for each input">,
    Option<"config", "config", "std::string", /*default=*/"\"\"",
           "Settings: a YAML file (docs/Configuration.md)">,
    Option<"table", "table", "std::string", /*default=*/"\"\"",
           "Where to write the calibration table">,
    Option<"resume", "resume", "std::string", /*default=*/"\"\"",
           "A table to add the counts to">
  ];
  let dependentDialects = ["::mlir::qopt::QOptDialect"];
}

def ApplyCalibration : Pass<"qopt-apply-calibration", "::mlir::ModuleOp"> {
  let summary = "Choose parameters from a calibration table";
  let description = [{
    Reads the statistics that `table` holds under the id of each `qopt.observe`,
    and the settings of `config`. Afterwards each of them carries its chosen
    quantized type, and contractions carry `qopt.input_means`, what the table
    holds for their `qopt.observe_means`, none of which is left. Values whose range
    the operation fixes (softmax) get that range; those without elements, all
    zero, or next to it, get `qopt.no_range`. Several tables, separated by
    commas, are merged; with `merged`, the one that results is written there. Warns of values that were all zero, or next to
    it (docs/NumericContract.md, "Degenerate values").

    Values that were infinite at times, as masks are, and what reads them stay in
    float (`qopt.float`) where no contraction or sum is among them.

    Refuses a table that names another type for a value than it has here, an id
    that the table lacks or that saw nothing, other values that are
    NaN or infinite unless the configuration ignores them, means of another number of
    channels, and overrides that match nothing.

    Example: test/Calibration/apply-calibration.mlir
  }];
  let options = [
    Option<"table", "table", "std::string", /*default=*/"\"\"",
           "The calibration table, or several separated by commas">,
    Option<"merged", "merged", "std::string", /*default=*/"\"\"",
           "Where to write the tables as one">,
    Option<"config", "config", "std::string", /*default=*/"\"\"",
           "Settings: a YAML file (docs/Configuration.md)">
  ];
  let dependentDialects = ["::mlir::qopt::QOptDialect"];
}

def ApplyQuantizationMap
    : Pass<"qopt-apply-quantization-map", "::mlir::ModuleOp"> {
  let summary = "Take the parameters of a quantization map as they are";
  let description = [{
    Reads `map`, a file that `qopt-write-quantization-map` wrote or a person
    edited (docs/Configuration.md). Afterwards each `qopt.observe` carries the
    parameters that the map has for its id, values that only move others and are
    in the map have an observer, and contractions carry `qopt.given_weights`;
    `qopt.given` names the place in the file. Later passes change none of these
    parameters: where they cannot be kept, that is an error.

    Refuses a file that is not valid, at its line and column; names that the
    model does not have, with the nearest that it has; values and weights of
    another operation, type or number of channels; other parameters than those
    that came with the model; and observed values that the map lacks.

    Example: test/Calibration/apply-quantization-map.mlir
  }];
  let options = [
    Option<"map", "map", "std::string", /*default=*/"\"\"",
           "The quantization map">
  ];
  let dependentDialects = ["::mlir::qopt::QOptDialect"];
}

def VerifyCalibrated : Pass<"qopt-verify-calibrated", "::mlir::ModuleOp"> {
  let summary = "Check the contract of the calibration phase";
  let description = [{
    Checks that every `qopt.observe` carries a quantized type and that ids are
    unique. Changes nothing.

    Example: test/Calibration/verify-calibrated.mlir
  }];
}

#endif // QUANTOPT_CALIBRATION_PASSES_TD
