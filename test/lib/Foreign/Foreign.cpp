//===- Foreign.cpp - A dialect quant-opt does not know --------------------===//

#include "Foreign.h"

#include "ForeignDialect.cpp.inc"

#define GET_OP_CLASSES
#include "ForeignOps.cpp.inc"

void foreign::ForeignDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "ForeignOps.cpp.inc"
      >();
}
