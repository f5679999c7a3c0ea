//===- YamlReader.cpp - Walks a YAML document with places -----------------===//

#include "YamlReader.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/Twine.h"

using namespace llvm;
using namespace quantopt;

YamlReader::YamlReader(StringRef text, StringRef file)
    : file(file), stream(text, sources) {
  sources.setDiagHandler(
      [](const SMDiagnostic &diagnostic, void *self) {
        static_cast<YamlReader *>(self)->noteProblem(
            unsigned(diagnostic.getLineNo()),
            unsigned(diagnostic.getColumnNo()) + 1, diagnostic.getMessage());
      },
      this);
}

Error YamlReader::readDocument(function_ref<bool(yaml::Node *)> handle) {
  bool good = false;
  yaml::document_iterator document = stream.begin();
  if (document != stream.end())
    if (yaml::Node *root = document->getRoot())
      good = handle(root) && !stream.failed();
  if (good && ++document != stream.end())
    good = fail(document->getRoot(), "a second document; only one is read");
  if (good && !stream.failed() && isGood())
    return Error::success();
  return createStringError(inconvertibleErrorCode(),
                           problem.empty() ? file + ": not valid YAML"
                                           : Twine(problem));
}

void YamlReader::noteProblem(unsigned line, unsigned column,
                             const Twine &text) {
  if (problem.empty())
    problem =
        (file + ":" + Twine(line) + ":" + Twine(column) + ": " + text).str();
}

bool YamlReader::fail(yaml::Node *node, const Twine &text) {
  const auto [line, column] =
      node ? placeOf(node) : std::pair<unsigned, unsigned>(1, 1);
  noteProblem(line, column, text);
  return false;
}

std::pair<unsigned, unsigned> YamlReader::placeOf(yaml::Node *node) {
  const SMLoc start = node->getSourceRange().Start;
  return start.isValid() ? sources.getLineAndColumn(start)
                         : std::pair<unsigned, unsigned>(1, 1);
}

bool YamlReader::forEachKey(
    yaml::Node *node, StringRef what, StringRef allowed,
    function_ref<bool(StringRef key, yaml::Node *value)> handle) {
  auto *mapping = dyn_cast<yaml::MappingNode>(node);
  if (!mapping)
    return fail(node, (what.empty() ? "the file" : "'" + what.str() + "'") +
                          " must be a mapping of keys to values");
  SmallVector<StringRef> known;
  allowed.split(known, ", ");
  StringSet<> seen;
  for (yaml::KeyValueNode &pair : *mapping) {
    yaml::Node *keyNode = pair.getKey();
    if (!keyNode)
      return false;
    auto *keyScalar = dyn_cast<yaml::ScalarNode>(keyNode);
    if (!keyScalar)
      return fail(keyNode, "a key must be a plain word");
    SmallString<32> storage;
    const std::string key = keyScalar->getValue(storage).str();
    if (!is_contained(known, key))
      return fail(keyNode,
                  "unknown key '" + key + "'" +
                      (what.empty() ? "" : " in '" + what.str() + "'") +
                      "; allowed: " + allowed);
    if (!seen.insert(key).second)
      return fail(keyNode, "key '" + key + "' is there twice");
    yaml::Node *value = pair.getValue();
    if (!value || !handle(key, value) || !isGood())
      return false;
  }
  return isGood();
}

bool YamlReader::forEachElement(yaml::Node *node, StringRef what,
                                function_ref<bool(yaml::Node *)> handle) {
  auto *sequence = dyn_cast<yaml::SequenceNode>(node);
  if (!sequence)
    return fail(node, "'" + what + "' must be a list");
  for (yaml::Node &element : *sequence)
    if (!handle(&element) || !isGood())
      return false;
  return isGood();
}

bool YamlReader::readText(yaml::Node *node, StringRef key, StringRef allowed,
                          std::string &result) {
  SmallString<64> storage;
  if (auto *scalar = dyn_cast<yaml::ScalarNode>(node)) {
    result = scalar->getValue(storage).str();
    return true;
  }
  return fail(node, "'" + key + "' must be one value; allowed: " + allowed);
}
