//===- QuantizableOpInterface.cpp - What an op wants ----------------------===//

#include "quantopt/Interfaces/QuantizableOpInterface.h"

using namespace mlir;
using namespace mlir::qopt;

#include "quantopt/Interfaces/QuantizableOpInterface.cpp.inc"

StringRef mlir::qopt::stringifyQuantRole(QuantRole role) {
  switch (role) {
  case QuantRole::Contraction:
    return "contraction";
  case QuantRole::Sum:
    return "sum";
  case QuantRole::Elementwise:
    return "elementwise";
  case QuantRole::Unary:
    return "unary";
  case QuantRole::SameScale:
    return "same-scale";
  case QuantRole::Float:
    return "float";
  case QuantRole::None:
    return "none";
  }
  llvm_unreachable("unknown role");
}
