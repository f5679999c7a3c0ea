//===- JsonPlace.cpp - Where something stands in a JSON text --------------===//

#include "JsonPlace.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLParser.h"

using namespace llvm;
using namespace quantopt;

/// The value in `node` that `step` leads to, or null. Nodes are read in their
/// order, so this can be asked once.
static yaml::Node *follow(yaml::Node *node, const JsonStep &step) {
  if (auto *mapping = dyn_cast<yaml::MappingNode>(node)) {
    const auto *key = std::get_if<StringRef>(&step);
    if (!key)
      return nullptr;
    for (yaml::KeyValueNode &pair : *mapping) {
      auto *name = dyn_cast_or_null<yaml::ScalarNode>(pair.getKey());
      SmallString<32> storage;
      if (name && name->getValue(storage) == *key)
        return pair.getValue();
      pair.skip();
    }
    return nullptr;
  }
  const auto *index = std::get_if<size_t>(&step);
  auto *sequence = dyn_cast<yaml::SequenceNode>(node);
  if (!index || !sequence)
    return nullptr;
  size_t position = 0;
  for (yaml::Node &element : *sequence) {
    if (position++ == *index)
      return &element;
    element.skip();
  }
  return nullptr;
}

std::string quantopt::findJsonPlace(StringRef text, StringRef file,
                                    ArrayRef<JsonStep> path) {
  // JSON is YAML, and LLVM's parser of that knows where its nodes stand.
  SourceMgr sources;
  sources.setDiagHandler([](const SMDiagnostic &, void *) {});
  yaml::Stream stream(text, sources);
  SMLoc place;
  if (yaml::document_iterator document = stream.begin();
      document != stream.end())
    for (yaml::Node *node = document->getRoot(); node;
         path = path.drop_front()) {
      place = node->getSourceRange().Start;
      if (path.empty())
        break;
      node = follow(node, path.front());
    }
  const auto [line, column] = place.isValid()
                                  ? sources.getLineAndColumn(place)
                                  : std::pair<unsigned, unsigned>(1, 1);
  return (file + ":" + Twine(line) + ":" + Twine(column)).str();
}
