//===- JsonPlace.h - Where something stands in a JSON text ------*- C++ -*-===//

#ifndef QUANTOPT_LIB_SUPPORT_JSONPLACE_H
#define QUANTOPT_LIB_SUPPORT_JSONPLACE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <string>
#include <variant>

namespace quantopt {

/// From a JSON value to one in it: the key of an object, or the index of an
/// array.
using JsonStep = std::variant<llvm::StringRef, size_t>;

/// "file:line:column" of what `path` leads to from the root of `text`, both
/// from 1: of the last value on the way that is there. For error messages: it
/// reads the text once more.
std::string findJsonPlace(llvm::StringRef text, llvm::StringRef file,
                          llvm::ArrayRef<JsonStep> path);

} // namespace quantopt

#endif // QUANTOPT_LIB_SUPPORT_JSONPLACE_H
