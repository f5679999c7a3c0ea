//===- Passes.td - Passes that lower models to CPU code ----*- tablegen -*-===//

#ifndef QUANTOPT_LOWERING_CPU_PASSES_TD
#define QUANTOPT_LOWERING_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def FuseWeights : Pass<"qopt-fuse-weights", "::mlir::func::FuncOp"> {
  let summary = "let float contractions read weights as they are stored";
  let description = [{
    Reads linalg reductions of two inputs on f32 tensors of which one is a constant
    behind `qopt.dequantize` (i8, no zero point), `qopt.dequantize_groups` or a
    generic that extends f16 or bf16. The conversion moves into the body, so that
    the constant stays as small as it is. With groups, the loop over the grouped
    dimension becomes two; a last group that is smaller is filled up with zeros,
    and the activations, too.

    Guarantees the same products; with groups, sums in the same order.

    Leaves alone, without an error: weights with zero points, groups along a
    dimension that is not summed over or that the activations index in a sum
    (the window of a convolution), and f16 on an x86 processor without F16C. They
    are converted before they are read.

    Example: test/Lowering/CPU/fuse-weights.mlir.
  }];
  let options = [
    Option<"cpu", "cpu", "std::string", /*default=*/"\"native\"",
           "a processor as llc -mcpu names it, or native">,
    Option<"features", "features", "std::string", /*default=*/"\"\"",
           "extra target features: +a,-b">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def FactorTakes : Pass<"qopt-factor-takes", "::mlir::func::FuncOp"> {
  let summary = "compute once what listed positions repeat";
  let description = [{
    Reads elementwise generics on tensors whose inputs are `qopt.take`s: a resize
    and what follows it. Values of the body that depend on one list of positions
    along a dimension, and on nothing else that differs along it, are the same
    at equal positions. They become a generic over the positions of the source,
    of which the rest of the body reads a take: the rows of a bilinear resize are
    interpolated along x once for each row of the source, not twice for each
    row of the result. Values that differ in the list only share that generic.
    The dimension that saves most operations goes first; what it leaves is
    looked at again.

    Guarantees the same operations on the same values, so the same bits.

    Leaves alone what does not save more than storing the values costs, and
    bodies that read positions or tensors. Refuses nothing.

    Example: test/Lowering/CPU/factor-takes.mlir.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def ConvertToLinalg : Pass<"qopt-convert-to-linalg", "::mlir::ModuleOp"> {
  let summary = "spell conversions as linalg and arith";
  let description = [{
    Reads a module on tensors. `qopt.quantize`, `dequantize`, `requantize`,
    `lookup` and `fake_quant` on tensors become `linalg.generic`; inside bodies
    and on vectors they become arith and math, by the formulas of
    `quantopt/Support/QuantMath.h`. Parameters per axis become constant operands
    broadcast along their axis, tables become constant tensors.
    `qopt.quantize_dynamic` becomes a reduction for each end of the range, a
    generic that computes its parameters and one that quantizes; on a processor
    `cpu` with fused multiply-add that one multiplies by the reciprocal of the scale
    and corrects the product, which stores the same integers. `tensor.gather`
    becomes a generic that reads its source at the indices. Aggregated operations
    (`linalg.softmax`) are taken apart; exponentials below 2^-100 become 0, and the
    quotients of a row share a reciprocal as above.

    Guarantees that no `qopt` conversion is left.

    Refuses dynamic shapes, and a multiplier that is no finite number.

    Example: test/Lowering/CPU/convert-to-linalg.mlir.
  }];
  let options = [
    Option<"cpu", "cpu", "std::string", /*default=*/"\"\"",
           "a processor as llc -mcpu names it, or native; none: any processor">,
    Option<"features", "features", "std::string", /*default=*/"\"\"",
           "extra target features: +a,-b">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

def ConvertObservers : Pass<"qopt-convert-observers", "::mlir::ModuleOp"> {
  let summary = "turn calibration hooks into calls of the run-time library";
  let description = [{
    Reads a module on tensors. Each `qopt.observe %x id "n"` becomes a call of
    `qopt_observe_tensor_f32(const char *id, const char *type, const float *data,
    int64_t count)` on the buffer of `%x`, at the same place in the program, and
    its uses read `%x`. Each
    `qopt.observe_means` becomes a call of `qopt_observe_means_f32`, with the shape
    as sizes that are summed and sizes that are kept, by turns.

    Guarantees that no hook is left and that each call sees a dense
    row-major buffer.

    Refuses values that are not f32.

    Example: test/Lowering/CPU/convert-observers.mlir.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::bufferization::BufferizationDialect",
                           "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect"];
}

def ResultsToDestinations : Pass<"qopt-results-to-destinations", "::mlir::ModuleOp"> {
  let summary = "return tensors through buffers that the caller owns";
  let description = [{
    Reads functions on tensors. Inputs become read-only buffers in row-major
    layout, and each result becomes one more buffer argument that the function
    writes, in the order of the results: the signature of the lowered ABI.

    Guarantees that public functions return nothing and that no two of their
    arguments alias.

    Refuses arguments and results that are neither tensors nor scalars, dynamic
    shapes, and calls of functions with a body: those that could not be inlined.

    Example: test/Lowering/CPU/results-to-destinations.mlir.
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::tensor::TensorDialect"];
}

def Bufferize : Pass<"qopt-bufferize", "::mlir::ModuleOp"> {
  let summary = "assign buffers, in place wherever it can be";
  let description = [{
    Reads functions on tensors whose boundary is already buffers. Pads are
    split into a fill and an insertion and concatenations into insertions, so
    that producers write straight into the padded or concatenated buffer. Each
    result has a destination of its own, even where results of one shape share
    an empty tensor.

    Guarantees memrefs only, copies spelled as `linalg.copy`, 64-byte alignment
    and no deallocation.

    Refuses operations that have no bufferization.

    Example: test/Lowering/CPU/bufferize.mlir.
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def SplitReductions : Pass<"qopt-split-reductions", "::mlir::func::FuncOp"> {
  let summary = "write long reductions as interleaved partial ones";
  let description = [{
    Reads linalg on tensors. A sum, maximum or minimum over the innermost
    dimension of its only operand, of at least twice as many terms as there are
    partial results, becomes three steps: term `k` goes to partial result
    `k mod 16`, in the order of `k` and starting from the neutral element; the
    partial results are combined by halves (`i` with `i + 8`, then with
    `i + 4`, and so on); what the result was initialized with comes last, unless
    it is neutral. Where fewer than 4 rows are reduced, there are 64 partial
    results instead of 16.

    This is the order in which floats are added, whatever vectors the target has
    and whether it has any: it depends on the shapes alone. Integers, maxima and
    minima have the same value in any order.

    Refuses nothing: windows, products of two operands, reductions over other
    dimensions, and maxima and minima over several dimensions, which kernels run
    along memory, keep their order.

    Example: test/Lowering/CPU/split-reductions.mlir.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def FoldConstantGenerics : Pass<"qopt-fold-constant-generics", "::mlir::func::FuncOp"> {
  let summary = "evaluate elementwise operations on constants";
  let description = [{
    Reads linalg on tensors. An elementwise operation (a transpose, a
    dequantization of weights) whose inputs are constants becomes its value, by
    the folders of the operations in its body. Broadcasts and fills stay,
    also those that are generics: they are smaller than their values.

    Refuses nothing: what has no folder stays.

    Example: test/Lowering/CPU/fold-constant-generics.mlir.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def FoldMovement : Pass<"qopt-fold-movement", "::mlir::func::FuncOp"> {
  let summary = "move reshapes and transposes out of the way of kernels";
  let description = [{
    Reads linalg on tensors. An elementwise operation next to a reshape that adds
    or removes dimensions of size 1 loses its loops of one iteration, and the
    reshape stands behind it: what a reshape kept apart can fuse. A
    generic that sums products reads a transposed factor where it was before, if
    its runs stay contiguous. Values and their order do not change.

    Refuses nothing.

    Example: test/Lowering/CPU/fold-movement.mlir.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def FuseForKernels : Pass<"qopt-fuse-for-kernels", "::mlir::func::FuncOp"> {
  let summary = "make one operation of a chain of elementwise ones";
  let description = [{
    Reads linalg on tensors. Elementwise operations, transposes and broadcasts
    included, move into the one elementwise operation that consumes them, in
    unchanged order of arithmetic. Functions that are polynomials do not move to
    the accumulators of a product, whose registers they would spill, and divisions,
    roots and functions not to where one is read at several points: the reciprocal
    of a row is computed once. Operations move into a reduction only where that
    reads each of their elements once and in order, as those of
    `--qopt-split-reductions` do. Results that nothing reads are dropped.

    Refuses nothing.

    Example: test/Lowering/CPU/fuse-for-kernels.mlir.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def StoreBitsAsBytes : Pass<"qopt-store-bits-as-bytes", "::mlir::ModuleOp"> {
  let summary = "make buffers of i8 of those of i1";
  let description = [{
    Reads functions on memrefs. Every buffer of i1, of arguments, results and
    constants too, becomes one of i8 that holds 0 or 1, as it lies in memory
    anyway: whoever reads an element compares it with 0, whoever writes one
    extends it, and what only moves elements moves bytes. A vector of i1 is
    packed, and a buffer is not; vectors of bytes can be read, so masks get
    kernels.

    Guarantees the same memory and the same values; callers from outside do not
    see a difference.

    Refuses an operation on a buffer of i1 that is neither of linalg nor a view, a
    copy, a load, a store, an allocation, a call or control flow, and constants
    that are neither dense nor resources.

    Example: test/Lowering/CPU/store-bits-as-bytes.mlir.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect"];
}

def AssignLayouts : Pass<"qopt-assign-layouts", "::mlir::func::FuncOp"> {
  let summary = "store channels innermost";
  let description = [{
    Reads linalg on memrefs. Buffers of convolutions and poolings, and those
    that elementwise operations connect to them, are allocated with the channel
    as the contiguous dimension; operations keep their shapes and maps and see
    other strides. Fewer channels than 8 are so only on the way to a contraction:
    an image that leaves the model is planes, and its rows are the longer runs.
    What a contraction reads through a reshape with its terms innermost stays
    so. Which dimension is the channel follows from the indexing
    maps: one that the weights add to the output, one that both reduce, or one
    that input and output share. A reshape that needs the logical order reads a
    copy, and a contraction whose result cannot be stored so, as a result of the
    function, gets a buffer of its own and a copy behind it. One whose input has no
    such run, behind a shuffle of channels, reads a copy that has.

    Guarantees the same values in every buffer. Refuses nothing: arguments,
    constants and buffers with uses it does not know keep their layout.

    Example: test/Lowering/CPU/assign-layouts.mlir.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect"];
}

def EmitKernels : Pass<"qopt-emit-kernels", "::mlir::ModuleOp"> {
  let summary = "write vector kernels for linalg on buffers";
  let description = [{
    Reads functions of linalg on memrefs with static layouts. Contractions
    (matrix products and convolutions of any layout, stride, dilation and
    grouping) become register tiles around the target's micro-kernel, on weights
    packed at compile time, or in the arena where they are computed at run time;
    the operation that fills the accumulators and the one that consumes them run
    inside the tile. Depthwise convolutions have lanes of channels, with several
    taps in each. Maxima and minima have lanes along what they reduce, where that
    lies together in memory. Other reductions over a parallel dimension (pooling,
    means) and elementwise operations, also those that load at positions of their
    own along other loops than the lanes', become loops over vectors; where few
    channels leave lanes idle, those of several points stand in one vector, and
    constants of the channels are repeated; where an operand lies side by side
    along another loop than the result, blocks of it are transposed in registers.
    Tables of 256
    bytes are looked up in registers where the target can.

    Integer results have the bits of the plain loops: sums of integers do not
    depend on their order, and bodies are the same operations on vectors.
    An instruction that saturates in between is used only where the weights prove
    that it cannot: `vpmaddubsw` on bytes as they are if 255 times the sum of
    neighbours of one sign fits in 16 bits, on magnitudes if no weight is -128;
    else bytes are extended. Where the target has AMX, contractions for which
    a model of cycles says so run on its tile registers. docs/Targets.md has a
    table.
    Contractions in f32 may add in another order and fuse multiply and add; factors
    of their weights multiply sums. Weights that are bytes from -8 to 7 are packed
    eight to a word for them, where runs are multiples of eight.

    How a contraction is cut into tiles follows from a model of the core, or from
    `tiles=FILE`, a table that a search wrote; it changes no result in integers.
    Contractions that the table does not have, or has for other targets, follow
    the model.

    Guarantees reads of at most 64 bytes past a buffer of `memref.alloc`, and
    none past any other. Leaves what it has no kernel for. Refuses a table that
    it cannot read.

    Example: test/Lowering/CPU/emit-kernels.mlir.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
  let options = [
    Option<"cpu", "cpu", "std::string", "\"native\"", "a processor as llc -mcpu names it, or native">,
    Option<"features", "features", "std::string", "\"\"", "extra features, +a,-b">,
    Option<"profile", "profile", "bool", "false", "keep kernels apart, for qopt-instrument-profile">,
    Option<"threads", "threads", "int64_t", "1", "on how many threads loops will run, as for qopt-parallelize-loops; with 1, parts of a kernel that follow each other share buffers">,
    Option<"tiles", "tiles", "std::string", "\"\"", "a table of measured tiles, as quant-run --search-tiles writes it">,
    Option<"candidate", "candidate", "unsigned", "0", "take the tile of each contraction that a model of the core ranks so, from 0; what the table has comes first">
  ];
}

def RecordOrigins : Pass<"qopt-record-origins", "::mlir::ModuleOp"> {
  let summary = "write what operations are called into their location";
  let description = [{
    Reads a module on tensors. The location of each operation of linalg, qopt
    and tensor becomes a fused location whose metadata says what the operation
    is and its `qopt.name`: that survives where the operation becomes another
    one, and a profile of the lowered program can name it.

    Refuses nothing.

    Example: test/Lowering/CPU/record-origins.mlir.
  }];
}

def InstrumentProfile : Pass<"qopt-instrument-profile", "::mlir::ModuleOp"> {
  let summary = "count the time of each kernel";
  let description = [{
    Reads functions of linalg on memrefs, in which kernels that are emitted
    already stand in regions of their own (`qopt-emit-kernels` with `profile`).
    Around each such region, and around each linalg operation that will become
    plain loops, the processor's counter is read, the second time behind a fence
    that waits for the kernel's last instruction (`lfence`, `isb`); the
    difference and 1 are added to that kernel's line of the public global
    `qopt_profile_counters` (`memref<Kx2xi64>`: ticks, calls). The function `qopt_profile_clock` reads
    the same counter, for who wants to know its rate. The attribute
    `qopt.profile` of the module has a line for each kernel: `op`, `kernel`
    (`tile`, `lanes` or `loops`), `name` where the operation had a `qopt.name`,
    `macs` (multiply-accumulates) and `bytes` of one call, the source `location`
    and what was `fused` into it. Where `qopt-record-origins` has run, these are
    the operations of the program as it came.

    Guarantees that no region of a kernel is left, that no call is added, and
    the same results.

    Refuses a module in which its names are taken.

    Example: test/Lowering/CPU/instrument-profile.mlir.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect"];
}

def PlanArena : Pass<"qopt-plan-arena", "::mlir::ModuleOp"> {
  let summary = "give every buffer its place in one static arena";
  let description = [{
    Reads functions on memrefs. Every `memref.alloc` becomes a view into one
    private global of bytes, at an offset that no buffer alive at the same time
    overlaps: largest buffers first, each at the lowest free offset, in steps of
    64 bytes.

    Guarantees that no allocation is left, and 64 bytes of slack behind the last
    buffer, so that kernels may read past the end of any of them.

    Refuses buffers of dynamic shape.

    Example: test/Lowering/CPU/plan-arena.mlir.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"];
}

def SplitFunctions : Pass<"qopt-split-functions", "::mlir::ModuleOp"> {
  let summary = "make several functions of a long one";
  let description = [{
    Reads functions of one block on memrefs, with buffers in their place in the
    arena. A function of more than `longest` operations, those inside of others
    and those that operations of linalg will become included, is cut into parts of
    about equal length, `part` at most, in their order: each is a private function of its own,
    `<name>_part0` and so on, that is never inlined, and the function calls one
    after another. Constants, views of the arena and index arithmetic are made
    again in each part; arguments that a part uses are handed on, and with them
    what is known about them (`llvm.noalias`). Code generators take time that
    grows faster than the length of a function; with parts it is linear in
    the length of the model.

    Guarantees the same operations in the same order. A part ends only
    where no other value is alive, so it may be longer where
    values live long.

    Refuses parts of less than one operation.

    Example: test/Lowering/CPU/split-functions.mlir.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::LLVM::LLVMDialect"];
  let options = [
    Option<"longest", "longest", "int64_t", "6000", "functions of no more operations stay as they are">,
    Option<"part", "part", "int64_t", "2000", "operations of a part">
  ];
}

def ParallelizeLoops : Pass<"qopt-parallelize-loops", "::mlir::ModuleOp"> {
  let summary = "run loops that are worth it on several threads";
  let description = [{
    Reads functions in which kernels have marked the loops over parallel
    dimensions (`qopt.parallel`), with buffers in their place in the arena. A
    loop whose estimated work is worth a fork and a join moves into a function
    `(context, begin, end)` of its own, and is replaced by a call of
    `qopt_parallel_for(function, context, iterations, threads)` of the run-time
    library. Of nested loops, those are taken that make the whole cheapest: the
    estimate counts operations on values, two a cycle, stores of 8 bytes a cycle,
    and 8000 cycles for each call. Reductions are never split, and each iteration computes what it
    computed before, so results do not depend on the number of threads.

    With one thread, nothing changes. Leaves a loop alone whose stores do not
    depend on its variable, and one that uses values which cannot be handed over.

    Refuses less than one thread, and marks on loops that carry values.

    Example: test/Lowering/CPU/parallelize-loops.mlir.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect"];
  let options = [
    Option<"threads", "threads", "int64_t", "1", "threads that a run may use">
  ];
}

def OrderLoops : Pass<"qopt-order-loops", "::mlir::func::FuncOp"> {
  let summary = "put the contiguous dimension innermost";
  let description = [{
    Reads linalg on memrefs. Named operations become generic ones, and their
    loops are permuted so that the parallel dimension that most operands walk
    with unit stride is innermost, with reductions around it. Reductions keep
    their order among each other, so no result changes by a bit.

    Refuses nothing: what it does not improve it leaves alone.

    Example: test/Lowering/CPU/order-loops.mlir.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def ApproximateMath : Pass<"qopt-approximate-math", "::mlir::func::FuncOp"> {
  let summary = "spell transcendental functions as polynomials";
  let description = [{
    Reads arith and math on scalars and vectors, before loops and conditions
    become branches. What follows is the same operations for scalars and for
    vectors, without calls, so both give the same bits, on every target.

    `math.exp`, `erf` and `tanh` of f32 become polynomials in f32, with fused
    multiply-adds (which a processor without them calls the C library for). They
    are within 0.8, 1.5 and 2.3 ULP (units in the last place) of the exact value;
    where `exp` would be subnormal, it is 0. `erf` of a quotient by a constant takes
    no division: where the quotient is less than 2^-80, it may be one next to the
    rounded one.

    `math.powf`, `exp2`, `expm1`, `log`, `log2`, `log10`, `log1p`, `sin`, `cos`, `tan`,
    `atan`, `atan2`, `asin`, `acos`, `sinh`, `cosh`, `asinh`, `acosh`, `atanh`
    and `cbrt` of f32 are evaluated in f64, without fused multiply-adds: the result
    is within 0.51 ULP of the exact value over the
    whole range, subnormal numbers, overflow and large angles included. NaN,
    infinities, zeros and their signs are as C99, Annex F, has them: powers of
    negative numbers exist for integral exponents, `x^0` and `1^y` are 1 even for
    NaN. Another NaN that is an operand is the result. Angles of 2^20 and more
    are reduced in a branch that vectors take if one of their elements needs it.

    `arith.maxnumf` and `minnumf` of scalars become comparisons and selections:
    LLVM 22 vectorizes reductions by them wrongly.

    `arith.truncf` of f32 and f64 to bf16 becomes integer arithmetic that rounds to
    nearest even, once; NaN is 0x7fc0. `math.fma` of bf16 is that of f32.

    Refuses nothing: other functions and other types are calls of the C library.

    Example: test/Lowering/CPU/approximate-math.mlir.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def AttachTarget : Pass<"qopt-attach-target", "::mlir::ModuleOp"> {
  let summary = "write processor and features on the functions";
  let description = [{
    Reads a module of the LLVM dialect. Every function with a body gets the
    processor and the features it was compiled for as `target_cpu` and
    `target_features`, so that any code generator downstream agrees with the
    kernels that were chosen, and `no-builtins`, so that no loop becomes a call
    of the C library.

    Refuses a processor that LLVM does not know, for the target triple of the
    module or else that of this machine.

    Example: test/Lowering/CPU/attach-target.mlir.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
  let options = [
    Option<"cpu", "cpu", "std::string", "\"native\"", "a processor as llc -mcpu names it, or native">,
    Option<"features", "features", "std::string", "\"\"", "extra features, +a,-b">
  ];
}

#endif // QUANTOPT_LOWERING_CPU_PASSES_TD
