//===- Npz.cpp - NumPy .npz and .npy files --------------------------------===//

#include "quantopt/Support/Npz.h"
#include "NpyHeader.h"
#include "quantopt/Support/OutputFiles.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/Errc.h"
#include "llvm/Support/Errno.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <zip.h>

using namespace llvm;
using namespace quantopt;

static_assert(endianness::native == endianness::little,
              "arrays are read and written without swapping bytes");

static Error makePathError(const Twine &path, const Twine &what) {
  return createStringError(inconvertibleErrorCode(), "'" + path + "': " + what);
}

//===----------------------------------------------------------------------===//
// NpyStream
//===----------------------------------------------------------------------===//

Error NpyStream::makeError(const Twine &what) const {
  if (info.name.empty())
    return makePathError(path, what);
  return makePathError(path, "array '" + info.name + "' " + what);
}

Error NpyStream::readHeader(StringRef name) {
  info.name = name.str();
  char magic[8];
  if (Error error = readBytes(magic, sizeof(magic)))
    return error;
  if (std::memcmp(magic, "\x93NUMPY", 6) != 0)
    return makeError("is not a .npy array: it does not start with \\x93NUMPY");
  const int version = static_cast<unsigned char>(magic[6]);
  if (version < 1 || version > 3)
    return makeError("has .npy format version " + Twine(version) +
                     "; versions 1 to 3 are read");

  char lengthBytes[4] = {0, 0, 0, 0};
  const size_t lengthSize = version == 1 ? 2 : 4;
  if (Error error = readBytes(lengthBytes, lengthSize))
    return error;
  const uint32_t length = support::endian::read32le(lengthBytes);
  // NumPy itself refuses longer ones; a damaged length must not allocate
  // memory.
  if (length > 65536)
    return makeError("has a malformed .npy header");
  std::string dictionary(length, '\0');
  if (Error error = readBytes(dictionary.data(), length))
    return error;
  if (Error error = parseNpyDictionary(dictionary, info))
    return makeError(toString(std::move(error)));
  left = info.numElements();
  headerBytes = static_cast<int64_t>(sizeof(magic) + lengthSize + length);
  return Error::success();
}

Error NpyStream::read(void *data, int64_t count) {
  if (count > left)
    return makeError("has " + Twine(left) + " elements left, but " +
                     Twine(count) + " are asked for");
  left -= count;
  if (Error error = readBytes(static_cast<char *>(data),
                              static_cast<size_t>(count) * npySize(info.type)))
    return error;
  return left == 0 && count > 0 ? finish() : Error::success();
}

/// Calls `convert` with a null pointer of the C++ type of `type`.
template <typename Fn>
static void withElementType(NpyType type, Fn convert) {
  switch (type) {
  case NpyType::Bool:
  case NpyType::U8:
    return convert(static_cast<uint8_t *>(nullptr));
  case NpyType::I8:
    return convert(static_cast<int8_t *>(nullptr));
  case NpyType::I16:
    return convert(static_cast<int16_t *>(nullptr));
  case NpyType::I32:
    return convert(static_cast<int32_t *>(nullptr));
  case NpyType::I64:
    return convert(static_cast<int64_t *>(nullptr));
  case NpyType::U16:
    return convert(static_cast<uint16_t *>(nullptr));
  case NpyType::U32:
    return convert(static_cast<uint32_t *>(nullptr));
  case NpyType::U64:
    return convert(static_cast<uint64_t *>(nullptr));
  case NpyType::F32:
    return convert(static_cast<float *>(nullptr));
  case NpyType::F64:
    return convert(static_cast<double *>(nullptr));
  }
}

template <typename To>
static void convertElements(NpyType type, const char *from, To *to,
                            int64_t count) {
  withElementType(type, [&](auto *tag) {
    using From = std::remove_pointer_t<decltype(tag)>;
    for (int64_t i = 0; i < count; ++i) {
      From value;
      std::memcpy(&value, from + i * sizeof(From), sizeof(From));
      to[i] = static_cast<To>(value);
    }
  });
}

/// Converts through `scratch`, a bounded piece at a time.
template <typename To, typename Read>
static Error readConverted(NpyType type, std::vector<char> &scratch, To *data,
                           int64_t count, Read read) {
  constexpr int64_t piece = 16384;
  scratch.resize(piece * npySize(type));
  for (int64_t at = 0; at < count; at += piece) {
    const int64_t n = std::min(piece, count - at);
    if (Error error = read(scratch.data(), n))
      return error;
    convertElements(type, scratch.data(), data + at, n);
  }
  return Error::success();
}

Error NpyStream::readAsFloat(float *data, int64_t count) {
  if (info.type == NpyType::F32)
    return read(data, count);
  return readConverted(info.type, scratch, data, count,
                       [&](char *to, int64_t n) { return read(to, n); });
}

Error NpyStream::readAsInt64(int64_t *data, int64_t count) {
  if (info.type == NpyType::F32 || info.type == NpyType::F64)
    return makeError("is " + npyName(info.type) + ", but integers are needed");
  return readConverted(info.type, scratch, data, count,
                       [&](char *to, int64_t n) { return read(to, n); });
}

//===----------------------------------------------------------------------===//
// NpzReader
//===----------------------------------------------------------------------===//

namespace {

/// A .npy file of its own.
class FileStream final : public NpyStream {
public:
  static Expected<std::unique_ptr<FileStream>> open(StringRef path) {
    std::unique_ptr<FileStream> stream(new FileStream(path.str()));
    stream->file = std::fopen(stream->path.c_str(), "rb");
    if (!stream->file)
      return makePathError(path, "cannot open: " + sys::StrError(errno));
    return std::move(stream);
  }
  ~FileStream() override {
    if (file)
      std::fclose(file);
  }

  /// Bytes from here to the end of the file; -1 where it cannot be told.
  int64_t bytesLeft() {
    const long here = std::ftell(file);
    if (here < 0 || std::fseek(file, 0, SEEK_END) != 0)
      return -1;
    const long end = std::ftell(file);
    return std::fseek(file, here, SEEK_SET) == 0 ? end - here : -1;
  }

  Error readBytes(char *data, size_t size) override {
    if (std::fread(data, 1, size, file) == size)
      return Error::success();
    return makeError(std::ferror(file) ? "cannot read: " + sys::StrError(errno)
                                       : std::string("is truncated"));
  }

private:
  explicit FileStream(std::string path) : NpyStream(std::move(path)) {}
  std::FILE *file = nullptr;
};

/// One entry of a zip archive, unpacked as it is read.
class ZipStream final : public NpyStream {
public:
  ZipStream(StringRef path, zip_file_t *file)
      : NpyStream(path.str()), file(file) {}
  ~ZipStream() override { zip_fclose(file); }

  Error readBytes(char *data, size_t size) override {
    while (size > 0) {
      const zip_int64_t got = zip_fread(file, data, size);
      if (got < 0)
        return makeError("is damaged: " + Twine(zip_file_strerror(file)));
      if (got == 0)
        return makeError("is truncated");
      data += got;
      size -= static_cast<size_t>(got);
    }
    return Error::success();
  }

  /// libzip compares the check sum when it meets the end.
  Error finish() override {
    char byte;
    if (zip_fread(file, &byte, 1) < 0)
      return makeError("is damaged: " + Twine(zip_file_strerror(file)));
    return Error::success();
  }

private:
  zip_file_t *file;
};

} // namespace

struct NpzReader::Archive {
  explicit Archive(zip_t *zip) : zip(zip) {}
  ~Archive() { zip_discard(zip); }

  zip_t *zip;
  std::vector<zip_uint64_t> entries; ///< index in the zip, array by array
};

NpzReader::NpzReader() = default;
NpzReader::~NpzReader() = default;

/// Error where the data do not end where the shape says.
static Error checkSize(const NpyStream &stream, int64_t dataBytes,
                       const Twine &path) {
  const NpyArray &array = stream.array();
  const int64_t needed =
      array.numElements() * static_cast<int64_t>(npySize(array.type));
  if (dataBytes == needed)
    return Error::success();
  return makePathError(
      path, (array.name.empty() ? "" : "array '" + array.name + "' ") +
                (dataBytes < needed ? "is truncated: " : "is malformed: ") +
                array.describe() + " needs " + Twine(needed) +
                " bytes of data, but there are " + Twine(dataBytes));
}

Expected<std::unique_ptr<NpzReader>> NpzReader::open(StringRef path) {
  std::unique_ptr<NpzReader> reader(new NpzReader);
  reader->file = path.str();

  // The first bytes, not the suffix, tell a zip from an array.
  Expected<std::unique_ptr<FileStream>> stream = FileStream::open(path);
  if (!stream)
    return stream.takeError();
  char magic[4] = {0, 0, 0, 0};
  if (Error error = (*stream)->readBytes(magic, sizeof(magic)))
    return std::move(error);
  if (StringRef(magic, 4).starts_with("PK")) {
    if (Error error = reader->openArchive())
      return std::move(error);
    return std::move(reader);
  }
  if (StringRef(magic, 4) != "\x93NUM")
    return makePathError(path, "is neither a .npz nor a .npy file");

  stream = FileStream::open(path);
  if (!stream)
    return stream.takeError();
  if (Error error = (*stream)->readHeader(""))
    return std::move(error);
  const int64_t bytes = (*stream)->bytesLeft();
  if (bytes >= 0)
    if (Error error = checkSize(**stream, bytes, path))
      return std::move(error);
  reader->infos.push_back((*stream)->array());
  return std::move(reader);
}

Error NpzReader::openArchive() {
  int code = 0;
  zip_t *zip = zip_open(file.c_str(), ZIP_RDONLY, &code);
  if (!zip) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string text = zip_error_strerror(&error);
    zip_error_fini(&error);
    return makePathError(file, "is a truncated or damaged .npz: " + text);
  }
  archive = std::make_unique<Archive>(zip);

  const zip_int64_t count = zip_get_num_entries(zip, 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<zip_uint64_t>(i);
    zip_stat_t stat;
    if (zip_stat_index(zip, index, 0, &stat) != 0)
      return makePathError(file, "is damaged: " + Twine(zip_strerror(zip)));
    StringRef name = stat.name;
    // What numpy.savez writes; other files beside the arrays are left alone.
    if (!name.consume_back(".npy"))
      continue;
    if (find(name))
      return makePathError(file, "array '" + name + "' is there twice");

    zip_file_t *entry = zip_fopen_index(zip, index, 0);
    if (!entry)
      return makePathError(file, "array '" + name +
                                     "' cannot be read: " + zip_strerror(zip));
    ZipStream stream(file, entry);
    if (Error error = stream.readHeader(name))
      return error;
    if (Error error = checkSize(
            stream, static_cast<int64_t>(stat.size) - stream.headerBytes, file))
      return error;
    infos.push_back(stream.array());
    archive->entries.push_back(index);
  }
  if (infos.empty())
    return makePathError(file, "is a zip archive without arrays");
  return Error::success();
}

const NpyArray *NpzReader::find(StringRef name) const {
  const auto it =
      llvm::find_if(infos, [&](const NpyArray &a) { return a.name == name; });
  return it == infos.end() ? nullptr : &*it;
}

std::string NpzReader::describeArrays() const {
  return join(map_range(infos,
                        [](const NpyArray &a) {
                          return a.name.empty()
                                     ? a.describe()
                                     : a.name + " (" + a.describe() + ")";
                        }),
              ", ");
}

Expected<std::unique_ptr<NpyStream>> NpzReader::stream(StringRef name) const {
  const NpyArray *array = find(name);
  if (!array)
    return makePathError(file, "has no array '" + name + "'; it has " +
                                   describeArrays());
  std::unique_ptr<NpyStream> stream;
  if (archive) {
    const zip_uint64_t index = archive->entries[array - infos.data()];
    zip_file_t *entry = zip_fopen_index(archive->zip, index, 0);
    if (!entry)
      return makePathError(file, "array '" + name + "' cannot be read: " +
                                     zip_strerror(archive->zip));
    stream = std::make_unique<ZipStream>(file, entry);
  } else {
    Expected<std::unique_ptr<FileStream>> opened = FileStream::open(file);
    if (!opened)
      return opened.takeError();
    stream = std::move(*opened);
  }
  if (Error error = stream->readHeader(name))
    return std::move(error);
  return std::move(stream);
}

//===----------------------------------------------------------------------===//
// NpzWriter
//===----------------------------------------------------------------------===//

void NpzWriter::add(StringRef name, NpyType type, ArrayRef<int64_t> shape,
                    const void *data) {
  NpyArray info;
  info.shape.assign(shape.begin(), shape.end());
  std::string bytes = makeNpyHeader(type, shape);
  const size_t size = static_cast<size_t>(info.numElements()) * npySize(type);
  bytes.append(static_cast<const char *>(data), size);
  entries.push_back({name.str() + ".npy", std::move(bytes)});
}

Error NpzWriter::write(StringRef path) const {
  if (isStream(path))
    return makePathError(path, "an .npz is no stream; give it a file");
  const std::string file = path.str();
  int code = 0;
  // libzip writes a temporary file beside this one and renames it at zip_close.
  zip_t *zip = zip_open(file.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
  if (!zip) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string text = zip_error_strerror(&error);
    zip_error_fini(&error);
    return makePathError(path, "cannot write: " + text);
  }
  auto fail = [&] {
    const std::string text = zip_strerror(zip);
    zip_discard(zip);
    return makePathError(path, "cannot write: " + text);
  };
  for (const Entry &entry : entries) {
    zip_source_t *source =
        zip_source_buffer(zip, entry.bytes.data(), entry.bytes.size(), 0);
    if (!source)
      return fail();
    const zip_int64_t index =
        zip_file_add(zip, entry.name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(source);
      return fail();
    }
    const auto at = static_cast<zip_uint64_t>(index);
    // The first moment a zip can say: equal arrays are equal files.
    if (zip_set_file_compression(zip, at, ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_dostime(zip, at, 0, 0x21, 0) != 0)
      return fail();
  }
  if (zip_close(zip) != 0)
    return fail();
  return Error::success();
}
