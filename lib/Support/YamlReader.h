//===- YamlReader.h - Walks a YAML document with places ---------*- C++ -*-===//

#ifndef QUANTOPT_LIB_SUPPORT_YAMLREADER_H
#define QUANTOPT_LIB_SUPPORT_YAMLREADER_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLParser.h"

#include <string>
#include <utility>

namespace quantopt {

/// Walks the one document of a text once, in its order. Each method returns
/// false after the first problem, which is kept as "file:line:column: what".
class YamlReader {
protected:
  YamlReader(llvm::StringRef text, llvm::StringRef file);

  /// Calls `handle` with the root, and looks for what follows. An empty
  /// document has a NullNode.
  llvm::Error readDocument(llvm::function_ref<bool(llvm::yaml::Node *)> handle);

  void noteProblem(unsigned line, unsigned column, const llvm::Twine &text);
  bool fail(llvm::yaml::Node *node, const llvm::Twine &text);
  /// Line and column, from 1.
  std::pair<unsigned, unsigned> placeOf(llvm::yaml::Node *node);
  bool isGood() const { return problem.empty(); }

  /// Calls `handle` for each key of the mapping `what`, none of them twice;
  /// `allowed` lists the keys that there are, separated by ", ".
  bool forEachKey(
      llvm::yaml::Node *node, llvm::StringRef what, llvm::StringRef allowed,
      llvm::function_ref<bool(llvm::StringRef key, llvm::yaml::Node *value)>
          handle);

  /// Calls `handle` for each element of the list `what`.
  bool forEachElement(llvm::yaml::Node *node, llvm::StringRef what,
                      llvm::function_ref<bool(llvm::yaml::Node *)> handle);

  /// The text of a scalar; `allowed` says what is wanted where it is none.
  bool readText(llvm::yaml::Node *node, llvm::StringRef key,
                llvm::StringRef allowed, std::string &result);

private:
  llvm::StringRef file;
  llvm::SourceMgr sources;
  llvm::yaml::Stream stream;
  std::string problem;
};

} // namespace quantopt

#endif // QUANTOPT_LIB_SUPPORT_YAMLREADER_H
