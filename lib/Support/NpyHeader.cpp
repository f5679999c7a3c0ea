//===- NpyHeader.cpp - The header of a .npy array -------------------------===//

#include "NpyHeader.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <limits>

using namespace llvm;
using namespace quantopt;

namespace {
struct TypeInfo {
  NpyType type;
  StringLiteral descr, name;
  size_t size;
};
} // namespace

static constexpr TypeInfo kTypes[] = {
    {NpyType::Bool, "|b1", "bool", 1},   {NpyType::I8, "|i1", "int8", 1},
    {NpyType::I16, "<i2", "int16", 2},   {NpyType::I32, "<i4", "int32", 4},
    {NpyType::I64, "<i8", "int64", 8},   {NpyType::U8, "|u1", "uint8", 1},
    {NpyType::U16, "<u2", "uint16", 2},  {NpyType::U32, "<u4", "uint32", 4},
    {NpyType::U64, "<u8", "uint64", 8},  {NpyType::F32, "<f4", "float32", 4},
    {NpyType::F64, "<f8", "float64", 8},
};

static const TypeInfo &infoOf(NpyType type) {
  return *find_if(kTypes, [&](const TypeInfo &t) { return t.type == type; });
}

size_t quantopt::npySize(NpyType type) { return infoOf(type).size; }
StringRef quantopt::npyName(NpyType type) { return infoOf(type).name; }

int64_t NpyArray::numElements() const {
  int64_t product = 1;
  for (const int64_t extent : shape)
    product *= extent;
  return product;
}

std::string NpyArray::describe() const {
  std::string text = npyName(type).str() + "[";
  raw_string_ostream os(text);
  interleave(shape, os, "x");
  return text + "]";
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static Error makeError(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

namespace {

/// The literals of Python that NumPy writes into a header.
class DictionaryParser {
public:
  DictionaryParser(StringRef text, NpyArray &array)
      : rest(text), array(array) {}

  Error parse() {
    if (!consume("{"))
      return malformed();
    bool hasType = false, hasOrder = false, hasShape = false;
    while (!consume("}")) {
      StringRef key;
      if (!parseString(key) || !consume(":"))
        return malformed();
      Error error = Error::success();
      if (key == "descr") {
        hasType = true;
        error = parseType();
      } else if (key == "fortran_order") {
        hasOrder = true;
        error = parseOrder();
      } else if (key == "shape") {
        hasShape = true;
        error = parseShape();
      } else {
        error = malformed();
      }
      if (error)
        return error;
      consume(",");
    }
    if (!rest.trim().empty() || !hasType || !hasOrder || !hasShape)
      return malformed();
    // One row or one column is the same in both orders.
    const auto extents =
        count_if(array.shape, [](int64_t n) { return n != 1; });
    if (fortranOrder && extents > 1)
      return makeError("is in Fortran (column-major) order; save "
                       "numpy.ascontiguousarray(x) instead");
    return Error::success();
  }

private:
  Error malformed() { return makeError("has a malformed .npy header"); }

  bool consume(StringRef token) {
    rest = rest.ltrim();
    return rest.consume_front(token);
  }

  bool parseString(StringRef &result) {
    rest = rest.ltrim();
    if (rest.empty() || (rest.front() != '\'' && rest.front() != '"'))
      return false;
    const size_t end = rest.find(rest.front(), 1);
    if (end == StringRef::npos)
      return false;
    result = rest.slice(1, end);
    rest = rest.drop_front(end + 1);
    return true;
  }

  Error parseType() {
    StringRef descr;
    if (rest.ltrim().starts_with("["))
      return makeError("is a structured array; save one array for each field");
    if (!parseString(descr))
      return malformed();
    if (descr.drop_front(descr.empty() ? 0 : 1).starts_with("O"))
      return makeError("holds pickled Python objects; convert it with "
                       "x.astype(numpy.float32) and save again");
    if (descr.starts_with(">"))
      return makeError("is big-endian ('" + descr +
                       "'); save x.astype(x.dtype.newbyteorder('<'))");
    for (const TypeInfo &info : kTypes)
      // A single byte has no order, and either spelling is met.
      if (descr == info.descr ||
          (info.size == 1 && descr.drop_front() == info.descr.drop_front())) {
        array.type = info.type;
        return Error::success();
      }
    return makeError(
        "has element type '" + descr +
        "'; only bool, signed and unsigned integers of 8 to 64 bits, "
        "float32 and float64 are read");
  }

  Error parseOrder() {
    if (consume("True"))
      fortranOrder = true;
    else if (!consume("False"))
      return malformed();
    return Error::success();
  }

  Error parseShape() {
    if (!consume("("))
      return malformed();
    array.shape.clear();
    // Bytes must be countable in 63 bits; an extent of 0 does not hide the
    // others.
    int64_t product = 8;
    while (!consume(")")) {
      rest = rest.ltrim();
      int64_t extent = 0;
      if (rest.consumeInteger(10, extent) || extent < 0)
        return malformed();
      rest.consume_front("L"); // long integers of Python 2
      if (extent > 0 && product > std::numeric_limits<int64_t>::max() / extent)
        return makeError("has a shape that is too large");
      product *= std::max<int64_t>(extent, 1);
      array.shape.push_back(extent);
      if (!consume(",") && !rest.ltrim().starts_with(")"))
        return malformed();
    }
    return Error::success();
  }

  StringRef rest;
  NpyArray &array;
  bool fortranOrder = false;
};

} // namespace

Error quantopt::parseNpyDictionary(StringRef text, NpyArray &array) {
  return DictionaryParser(text, array).parse();
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

std::string quantopt::makeNpyHeader(NpyType type, ArrayRef<int64_t> shape) {
  std::string dictionary;
  raw_string_ostream os(dictionary);
  os << "{'descr': '" << infoOf(type).descr
     << "', 'fortran_order': False, 'shape': (";
  interleave(shape, os, ", ");
  os << (shape.size() == 1 ? ",), }" : "), }");

  constexpr size_t prefix = 10; // magic, version, 16 bits of length
  const size_t padded = alignTo(prefix + dictionary.size() + 1, 64) - prefix;
  dictionary.resize(padded - 1, ' ');
  dictionary += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(padded & 0xFF);
  header += static_cast<char>(padded >> 8);
  return header + dictionary;
}
