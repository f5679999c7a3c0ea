//===- Npz.h - NumPy .npz and .npy files ------------------------*- C++ -*-===//

#ifndef QUANTOPT_SUPPORT_NPZ_H
#define QUANTOPT_SUPPORT_NPZ_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace quantopt {

/// Element types that are read and written, little-endian.
enum class NpyType { Bool, I8, I16, I32, I64, U8, U16, U32, U64, F32, F64 };

size_t npySize(NpyType type);          ///< bytes of one element
llvm::StringRef npyName(NpyType type); ///< "float32", "int8", ...

/// One array of a file, as its header says.
struct NpyArray {
  /// The name in the .npz without ".npy"; empty for a .npy file's only array.
  std::string name;
  NpyType type = NpyType::F32;
  llvm::SmallVector<int64_t, 4> shape;

  int64_t numElements() const;
  /// "float32[512x3x32x32]"
  std::string describe() const;
};

/// Reads the elements of one array from its start to its end, in C order, with
/// a buffer of constant size: a pass over a data set does not load it.
class NpyStream {
public:
  virtual ~NpyStream() = default;

  const NpyArray &array() const { return info; }
  /// Reads the next `count` elements as they are stored into `data`. An error
  /// for reading past the end and for a truncated or damaged file.
  llvm::Error read(void *data, int64_t count);
  /// The same, converted to f32 (round to nearest even).
  llvm::Error readAsFloat(float *data, int64_t count);
  /// The same, converted to i64. An error where the array is not of integers.
  llvm::Error readAsInt64(int64_t *data, int64_t count);
  int64_t remaining() const { return left; }

protected:
  friend class NpzReader;
  explicit NpyStream(std::string path) : path(std::move(path)) {}

  /// Reads exactly `size` bytes.
  virtual llvm::Error readBytes(char *data, size_t size) = 0;
  /// Called when the last element was read: what only the end can tell, such as
  /// a check sum.
  virtual llvm::Error finish() { return llvm::Error::success(); }
  llvm::Error readHeader(llvm::StringRef name);
  llvm::Error makeError(const llvm::Twine &what) const;

  std::string path;
  NpyArray info;
  int64_t left = 0;
  int64_t headerBytes = 0;
  std::vector<char> scratch;
};

/// An open .npz (zip of .npy, stored or deflated) or .npy file. Headers are
/// read, and sizes checked against them, when it is opened; data only by
/// streams. Every error text starts with the path and names the array. Fortran
/// order, big-endian, structured and pickled (object) arrays, other element
/// types and files that are cut or damaged are errors.
class NpzReader {
public:
  static llvm::Expected<std::unique_ptr<NpzReader>> open(llvm::StringRef path);
  ~NpzReader();
  NpzReader(const NpzReader &) = delete;
  NpzReader &operator=(const NpzReader &) = delete;

  llvm::StringRef path() const { return file; }
  /// In the order of the file.
  llvm::ArrayRef<NpyArray> arrays() const { return infos; }
  /// Null where there is no such array.
  const NpyArray *find(llvm::StringRef name) const;
  /// "calibration (float32[512x3x32x32]), labels (int64[512])": for errors.
  std::string describeArrays() const;

  /// Opens an array at its first element. Streams are independent of each
  /// other, must not outlive the reader, and belong to the reader's thread.
  llvm::Expected<std::unique_ptr<NpyStream>> stream(llvm::StringRef name) const;

private:
  struct Archive;
  NpzReader();
  llvm::Error openArchive();

  std::string file;
  std::vector<NpyArray> infos;
  std::unique_ptr<Archive> archive; ///< null for a .npy
};

/// Collects arrays and writes them as one .npz, beside its path and renamed.
/// Equal arrays give equal bytes (no time stamps).
class NpzWriter {
public:
  /// Copies the data: the product of `shape` elements of `type`, C order.
  void add(llvm::StringRef name, NpyType type, llvm::ArrayRef<int64_t> shape,
           const void *data);
  llvm::Error write(llvm::StringRef path) const;

private:
  struct Entry {
    std::string name, bytes;
  };
  std::vector<Entry> entries;
};

} // namespace quantopt

#endif // QUANTOPT_SUPPORT_NPZ_H
