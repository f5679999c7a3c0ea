//===- ConstantTensor.h - Tensors known at compile time ---------*- C++ -*-===//

#ifndef QUANTOPT_ANALYSIS_CONSTANTTENSOR_H
#define QUANTOPT_ANALYSIS_CONSTANTTENSOR_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"

#include <vector>

namespace mlir::qopt {

/// A tensor known at compile time: element `i` is element `map(i)` of `values`.
/// The map is a projection, so a bias broadcast over an image costs one number
/// a channel.
struct ConstantTensor {
  ElementsAttr values;
  AffineMap map;
};

/// The tensor of which another is a copy: element `i` is element `map(i)` of
/// `value`.
struct BroadcastSource {
  Value value;
  AffineMap map;
};

/// Whether `value` only repeats or permutes elements of another tensor:
/// `linalg.broadcast` and generics that yield one of their inputs.
std::optional<BroadcastSource> matchBroadcast(Value value);

/// `source` repeated over `type`: a generic whose element `i` is element
/// `map(i)` of it.
Value createBroadcast(OpBuilder &builder, Location loc, Value source,
                      AffineMap map, RankedTensorType type);

/// Sees through `arith.constant`, `linalg.fill`, `linalg.broadcast` and
/// generics that only broadcast.
std::optional<ConstantTensor> getConstantTensor(Value value);

/// `values` with another shape of as many elements; null for attributes of
/// other kinds than dense elements and resources.
ElementsAttr reshapeElements(ElementsAttr values, ArrayRef<int64_t> shape);

/// The one value of a tensor or scalar that is a constant splat of floats.
std::optional<double> getSplatConstant(Value value);

/// Whether `value` depends on constants only (and on empty tensors). Constants
/// are folded, so that what takes more than 128 operations to compute is told
/// from what depends on data no more: the answer takes a bounded time.
bool isConstantDerived(Value value);

/// Fails, with an error at `op`, where it is a constant whose value is not all
/// there: a resource that was left out when the module was printed, or cut off.
LogicalResult verifyConstant(Operation *op);

/// The elements of a constant as numbers of type T, in row-major order: those
/// of the attribute itself where it stores them so (it must stay alive), else a
/// copy. Weights are large, so most of the time nothing may be copied.
template <typename T>
class ConstantValues {
public:
  explicit ConstantValues(ArrayRef<T> stored) : values(stored) {}
  explicit ConstantValues(std::vector<T> converted)
      : copy(std::move(converted)), values(copy) {}
  // The elements of a vector stay where they are when it moves.
  ConstantValues(ConstantValues &&) = default;
  ConstantValues &operator=(ConstantValues &&) = default;

  operator ArrayRef<T>() const { return values; }
  size_t size() const { return values.size(); }
  const T &operator[](size_t index) const { return values[index]; }
  auto begin() const { return values.begin(); }
  auto end() const { return values.end(); }

private:
  std::vector<T> copy;
  ArrayRef<T> values;
};

/// All elements of f32, f16, bf16 or f64 values, from dense elements or a
/// resource blob. Fails on other attributes.
FailureOr<ConstantValues<float>> readFloats(ElementsAttr values);

/// All elements of i8 values, from dense elements or a resource blob.
FailureOr<ConstantValues<int8_t>> readBytes(ElementsAttr values);

/// The same of i16 values.
FailureOr<ConstantValues<int16_t>> readShorts(ElementsAttr values);

/// Reads all elements of integers of at most 64 bits, sign extended.
FailureOr<SmallVector<int64_t>> readIntegers(ElementsAttr values);

/// Fills the elements of a new constant. From some size on they are a resource
/// blob: the context neither hashes them nor keeps them for good, and bytecode
/// stores them aligned, to be used in place. Below it they are dense elements,
/// which read well in text.
class ConstantBuilder {
public:
  /// For elements of whole bytes, at least one.
  explicit ConstantBuilder(RankedTensorType type);

  template <typename T>
  MutableArrayRef<T> getMutableData() {
    MutableArrayRef<char> bytes = blob.getMutableData();
    return MutableArrayRef<T>(reinterpret_cast<T *>(bytes.data()),
                              bytes.size() / sizeof(T));
  }

  /// The constant; `name` is what a blob is called, made unique.
  ElementsAttr finish(StringRef name) &&;

private:
  RankedTensorType type;
  AsmResourceBlob blob;
};

} // namespace mlir::qopt

#endif // QUANTOPT_ANALYSIS_CONSTANTTENSOR_H
