//===- LargeConstants.h - Constants that LLVM never sees --------*- C++ -*-===//
//
// LLVM keeps several copies of a constant on its way to an object file and
// walks it element by element. Large ones therefore leave the module before it
// is translated, and come back behind the machine code.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_TARGET_LARGECONSTANTS_H
#define QUANTOPT_LIB_TARGET_LARGECONSTANTS_H

#include "quantopt/Target/CodeGen.h"

namespace llvm {
class Triple;
} // namespace llvm

namespace quantopt {

/// Turns the large private constants of `module` (LLVM dialect) into
/// declarations. Does nothing for targets whose object files appendConstants
/// does not know: they take the long way.
std::vector<LargeConstant> takeLargeConstants(mlir::Operation *module,
                                              const llvm::Triple &triple);

/// Gives the declarations of `translated` names that no other model that is
/// linked to the same program has: those of its entry, with a dot behind.
void nameConstants(TranslatedModule &translated);

/// Gives the constants back to the module as definitions, for output that
/// people read.
void defineConstants(TranslatedModule &translated);

/// Defines, in a section of its own, the constants that the ELF object
/// `file.head` refers to. Errors: an object that this function cannot read.
llvm::Error appendConstants(EmittedFile &file,
                            llvm::ArrayRef<LargeConstant> constants);

} // namespace quantopt

#endif // QUANTOPT_LIB_TARGET_LARGECONSTANTS_H
