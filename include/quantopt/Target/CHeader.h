//===- CHeader.h - C declaration of a compiled model ------------*- C++ -*-===//

#ifndef QUANTOPT_TARGET_CHEADER_H
#define QUANTOPT_TARGET_CHEADER_H

#include "quantopt/Target/Signature.h"

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace quantopt {

/// Writes a self-contained C99 / C++ header that declares the function: each
/// pointer with its element type and shape, a macro with the number of elements
/// of each, and what the caller must keep to. i8 is declared int8_t (unsigned
/// storage has the same bits); f16 and bf16 are declared uint16_t, their bit
/// pattern; i1 is uint8_t, 0 or 1.
/// Where the function runs on several `threads`, `observes` values or runs
/// `onGPU`, it also says what to link.
/// Errors: a function whose name C cannot declare, `main` among them.
llvm::Error writeCHeader(llvm::raw_ostream &os, const Signature &signature,
                         int64_t threads = 1, bool observes = false,
                         bool onGPU = false);

} // namespace quantopt

#endif // QUANTOPT_TARGET_CHEADER_H
