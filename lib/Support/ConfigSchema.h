//===- ConfigSchema.h - The keys of a configuration file --------*- C++ -*-===//

#ifndef QUANTOPT_LIB_SUPPORT_CONFIGSCHEMA_H
#define QUANTOPT_LIB_SUPPORT_CONFIGSCHEMA_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace quantopt {

/// One key: the documentation and the error texts are made from the same entry.
struct SchemaKey {
  /// Where the key stands: "" for the top, "activations", "overrides[].match",
  /// ...
  llvm::StringLiteral section;
  llvm::StringLiteral key;
  /// What it takes, as the user reads it; empty for a section.
  llvm::StringLiteral allowed;
  /// Empty where the key has none.
  llvm::StringLiteral byDefault;
  llvm::StringLiteral doc;
};

/// In the order in which the documentation shows them.
llvm::ArrayRef<SchemaKey> configSchema();

} // namespace quantopt

#endif // QUANTOPT_LIB_SUPPORT_CONFIGSCHEMA_H
