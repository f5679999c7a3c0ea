//===- TileTable.cpp - Measured choices of register tiles -----------------===//

#include "quantopt/Support/TileTable.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace quantopt;

static constexpr StringLiteral kFormat = "quantopt-tiles";
static constexpr int64_t kVersion = 1;

bool TileChoice::operator==(const TileChoice &other) const {
  return isMatrix == other.isMatrix && vectors == other.vectors &&
         height == other.height && width == other.width;
}

std::string TileChoice::str() const {
  return (Twine(isMatrix ? "matrix " : "vectors ") + Twine(height) + "x" +
          Twine(width) + "x" + Twine(vectors))
      .str();
}

std::optional<TileChoice> TileChoice::parse(StringRef text) {
  TileChoice choice;
  if (text.consume_front("matrix "))
    choice.isMatrix = true;
  else if (!text.consume_front("vectors "))
    return std::nullopt;
  SmallVector<StringRef, 3> parts;
  text.split(parts, 'x');
  if (parts.size() != 3)
    return std::nullopt;
  int64_t *numbers[] = {&choice.height, &choice.width, &choice.vectors};
  for (size_t i = 0; i < 3; ++i)
    if (parts[i].getAsInteger(10, *numbers[i]) || *numbers[i] < 1)
      return std::nullopt;
  return choice;
}

Expected<TileTable> TileTable::read(StringRef path) {
  auto fail = [&](const Twine &what) {
    return createStringError("'" + path + "': " + what);
  };
  ErrorOr<std::unique_ptr<MemoryBuffer>> file = MemoryBuffer::getFile(path);
  if (!file)
    return fail(file.getError().message());
  Expected<json::Value> value = json::parse((*file)->getBuffer());
  if (!value)
    return fail(toString(value.takeError()));
  const json::Object *object = value->getAsObject();
  if (!object || object->getString("format") != kFormat.str())
    return fail("is no table of tiles: its format is not " + kFormat);
  if (object->getInteger("version") != kVersion)
    return fail("has another version than " + Twine(kVersion) +
                ", the one that this program reads");
  const json::Array *tiles = object->getArray("tiles");
  if (!tiles)
    return fail("has no array \"tiles\"");
  TileTable table;
  for (size_t index = 0; index < tiles->size(); ++index) {
    const json::Object *entry = (*tiles)[index].getAsObject();
    std::optional<StringRef> target, contraction, tile;
    if (entry) {
      target = entry->getString("target");
      contraction = entry->getString("contraction");
      tile = entry->getString("tile");
    }
    std::optional<TileChoice> choice =
        tile ? TileChoice::parse(*tile) : std::nullopt;
    if (!target || !contraction || !choice)
      return fail("entry " + Twine(index) +
                  " of \"tiles\" needs a target, a contraction and a tile such "
                  "as \"vectors 1x6x4\"");
    table.set(*target, *contraction,
              {*choice, entry->getNumber("ns").value_or(0)});
  }
  return table;
}

std::string TileTable::str() const {
  std::string text;
  raw_string_ostream os(text);
  json::OStream json(os, /*IndentSize=*/1);
  json.object([&] {
    json.attribute("format", kFormat);
    json.attribute("version", kVersion);
    json.attributeArray("tiles", [&] {
      for (const auto &item : entries)
        json.object([&] {
          json.attribute("target", item.first.first);
          json.attribute("contraction", item.first.second);
          json.attribute("tile", item.second.choice.str());
          json.attribute("ns", item.second.ns);
        });
    });
  });
  text += '\n';
  return text;
}

const TileTable::Entry *TileTable::find(StringRef target,
                                        StringRef contraction) const {
  auto it = entries.find({target.str(), contraction.str()});
  return it == entries.end() ? nullptr : &it->second;
}

void TileTable::set(StringRef target, StringRef contraction, Entry entry) {
  entries[{target.str(), contraction.str()}] = entry;
}
