//===- ForeignOps.td - A dialect quant-opt does not know ---*- tablegen -*-===//

#ifndef QUANTOPT_TEST_LIB_FOREIGN_FOREIGNOPS_TD
#define QUANTOPT_TEST_LIB_FOREIGN_FOREIGNOPS_TD

include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Foreign_Dialect : Dialect {
  let name = "foreign";
  let cppNamespace = "::foreign";
  let summary = "The dialect of another stack";
}

class Foreign_Op<string mnemonic> : Op<Foreign_Dialect, mnemonic, [Pure]>;

def Foreign_DenseOp : Foreign_Op<"dense"> {
  let summary = "result[m, n] = bias[n] + sum over k of input[m, k] * weights[n, k]";
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$weights,
                       AnyRankedTensor:$bias);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input `,` $weights `,` $bias attr-dict `:` functional-type(operands, results)";
}

def Foreign_MirrorOp : Foreign_Op<"mirror"> {
  let summary = "the elements of the last dimension in reverse order";
  let arguments = (ins AnyRankedTensor:$input);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

def Foreign_SquashOp : Foreign_Op<"squash"> {
  let summary = "a function with values between zero and one";
  let arguments = (ins AnyRankedTensor:$input);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

#endif // QUANTOPT_TEST_LIB_FOREIGN_FOREIGNOPS_TD
