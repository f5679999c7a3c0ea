//===- JsonNumber.h - Numbers of reports as JSON ----------------*- C++ -*-===//

#ifndef QUANTOPT_SUPPORT_JSONNUMBER_H
#define QUANTOPT_SUPPORT_JSONNUMBER_H

#include "llvm/ADT/StringRef.h"

namespace llvm::json {
class OStream;
} // namespace llvm::json

namespace quantopt {

/// Writes the attribute `key` of the object that is open. JSON has no infinity:
/// +inf is written 1e999, which is valid JSON and which readers that use
/// doubles (Python, JavaScript) read as infinity; -inf is -1e999.
void writeNumber(llvm::json::OStream &json, llvm::StringRef key, double value);

} // namespace quantopt

#endif // QUANTOPT_SUPPORT_JSONNUMBER_H
