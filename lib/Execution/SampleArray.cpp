//===- SampleArray.cpp - One array, sample by sample ----------------------===//

#include "quantopt/Execution/SampleFeeder.h"

#include "llvm/ADT/StringExtras.h"

#include <algorithm>
#include <limits>
#include <optional>

using namespace llvm;
using namespace quantopt;

static bool isInteger(NpyType type) {
  switch (type) {
  case NpyType::I8:
  case NpyType::I16:
  case NpyType::I32:
  case NpyType::I64:
  case NpyType::U8:
  case NpyType::U16:
  case NpyType::U32:
  case NpyType::U64:
    return true;
  case NpyType::Bool:
  case NpyType::F32:
  case NpyType::F64:
    return false;
  }
  llvm_unreachable("unknown array type");
}

/// True where an element is stored in the array as it is in the tensor.
static bool isSameStorage(NpyType array, ElementType tensor) {
  switch (tensor) {
  case ElementType::I1:
    return array == NpyType::Bool;
  case ElementType::I8:
    return array == NpyType::I8 || array == NpyType::U8;
  case ElementType::I16:
    return array == NpyType::I16;
  case ElementType::I32:
    return array == NpyType::I32;
  case ElementType::I64:
    return array == NpyType::I64;
  case ElementType::F32:
    return array == NpyType::F32;
  case ElementType::F64:
    return array == NpyType::F64;
  case ElementType::F16:
  case ElementType::BF16:
    return false;
  }
  llvm_unreachable("unknown element type");
}

static bool isConvertible(NpyType array, ElementType tensor) {
  return isInteger(array) &&
         (tensor == ElementType::I32 || tensor == ElementType::I64);
}

/// NumPy's name of the array type that a tensor takes; empty where there is
/// none.
static StringRef getNumPyName(ElementType type) {
  switch (type) {
  case ElementType::I1:
    return "bool";
  case ElementType::I8:
    return "int8";
  case ElementType::I16:
    return "int16";
  case ElementType::I32:
    return "int32";
  case ElementType::I64:
    return "int64";
  case ElementType::F32:
    return "float32";
  case ElementType::F64:
    return "float64";
  case ElementType::F16:
  case ElementType::BF16:
    return "";
  }
  llvm_unreachable("unknown element type");
}

/// Samples that an array of shape `array` holds for a tensor of shape `tensor`.
static std::optional<int64_t> countSamples(ArrayRef<int64_t> array,
                                           ArrayRef<int64_t> tensor) {
  if (array.size() == tensor.size() + 1 && array.drop_front() == tensor)
    return array.front();
  if (array == tensor)
    return 1;
  if (!tensor.empty() && tensor.front() == 1 && array.size() == tensor.size() &&
      array.drop_front() == tensor.drop_front())
    return array.front();
  return std::nullopt;
}

static std::string describeShapes(ArrayRef<int64_t> tensor) {
  auto list = [](ArrayRef<int64_t> sizes) {
    std::string text = "[samples";
    for (int64_t size : sizes)
      text += ", " + std::to_string(size);
    return text + "]";
  };
  std::string text = list(tensor);
  if (!tensor.empty() && tensor.front() == 1)
    text += " or " + list(tensor.drop_front());
  return text;
}

/// What to do with an array whose shape does not fit. To reshape one whose
/// dimensions are in another order would mix its elements up.
static StringRef adviseOnShape(ArrayRef<int64_t> array,
                               ArrayRef<int64_t> tensor) {
  auto isReordered = [](ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
    return a.size() == b.size() &&
           std::is_permutation(a.begin(), a.end(), b.begin());
  };
  if (!array.empty() &&
      (isReordered(array.drop_front(), tensor) ||
       (!tensor.empty() && tensor.front() == 1 &&
        isReordered(array.drop_front(), tensor.drop_front()))))
    return "transpose the array to ";
  auto count = [](ArrayRef<int64_t> sizes) {
    int64_t product = 1;
    for (int64_t size : sizes)
      product *= size;
    return product;
  };
  const int64_t wanted = count(tensor);
  return wanted != 0 && count(array) % wanted == 0 ? "reshape the array to "
                                                   : "give an array of shape ";
}

Expected<SampleArray> SampleArray::open(const NpzReader &file,
                                        const NpyArray &array,
                                        const TensorSpec &tensor,
                                        const Twine &role) {
  auto mismatch = [&](const Twine &reason) {
    return createStringError("'" + file.path() + "': array '" + array.name +
                             "' is " + array.describe() + ", but " + role +
                             " is " + tensor.str() + ": " + reason);
  };
  std::optional<int64_t> samples = countSamples(array.shape, tensor.shape);
  if (!samples)
    return mismatch(adviseOnShape(array.shape, tensor.shape) +
                    describeShapes(tensor.shape));
  if (!isSameStorage(array.type, tensor.type) &&
      !isConvertible(array.type, tensor.type)) {
    StringRef wanted = getNumPyName(tensor.type);
    if (wanted.empty())
      return mismatch("arrays cannot feed " + quantopt::getName(tensor.type) +
                      "; give the model an f32 boundary");
    return mismatch("store the array as " + wanted + " (numpy: .astype(numpy." +
                    wanted + "))");
  }

  SampleArray result(tensor);
  result.samples = *samples;
  result.path = file.path().str();
  Expected<std::unique_ptr<NpyStream>> stream = file.stream(array.name);
  if (!stream)
    return stream.takeError();
  result.stream = std::move(*stream);
  return std::move(result);
}

Error SampleArray::read() {
  int64_t count = tensor.numElements();
  if (isSameStorage(stream->array().type, tensor.type))
    return stream->read(buffer.data(), count);

  // The one conversion: between integers, by way of 64 bits.
  if (tensor.type == ElementType::I64)
    return stream->readAsInt64(reinterpret_cast<int64_t *>(buffer.data()),
                               count);
  wide.resize(count);
  if (Error error = stream->readAsInt64(wide.data(), count))
    return error;
  auto *narrow = reinterpret_cast<int32_t *>(buffer.data());
  for (int64_t value : wide) {
    if (value < std::numeric_limits<int32_t>::min() ||
        value > std::numeric_limits<int32_t>::max())
      return createStringError("'" + path + "': array '" + getName() +
                               "' holds " + Twine(value) +
                               ", which does not fit the i32 of "
                               "the model");
    *narrow++ = static_cast<int32_t>(value);
  }
  return Error::success();
}
