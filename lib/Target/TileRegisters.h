//===- TileRegisters.h - Permission to use AMX's tiles ----------*- C++ -*-===//

#ifndef QUANTOPT_LIB_TARGET_TILEREGISTERS_H
#define QUANTOPT_LIB_TARGET_TILEREGISTERS_H

#include "llvm/IR/Module.h"

namespace quantopt {

/// Linux keeps the tile registers of AMX from a process until it asks for them
/// (Documentation/arch/x86/xstate.rst). Where `module` uses them and is made
/// for Linux, adds a constructor that asks: code that is linked or loaded works
/// as any other. Where the system refuses, the first tile instruction raises
/// SIGILL.
void addTileRegisterRequest(llvm::Module &module);

} // namespace quantopt

#endif // QUANTOPT_LIB_TARGET_TILEREGISTERS_H
