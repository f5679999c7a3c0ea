//===- NpzTest.cpp - NumPy files: round trips and malformed input ---------===//

#include "quantopt/Support/Npz.h"

#include "TestFiles.h"

#include <cstdio>
#include <cstring>
#include <unistd.h>
#include <zip.h>

using namespace quantopt;
using namespace quantopt::test;

namespace {

/// A .npy array with this dictionary, version 1.0 unless told.
std::string npy(const std::string &dictionary, const std::string &data,
                const std::string &version = std::string("\x01\x00", 2)) {
  std::string bytes = "\x93NUMPY" + version;
  bytes += static_cast<char>(dictionary.size() & 0xFF);
  bytes += static_cast<char>(dictionary.size() >> 8);
  if (version[0] != 1)
    bytes += std::string(2, '\0');
  return bytes + dictionary + data;
}

std::string floatArray(const std::string &shape, size_t count) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i)
    values[i] = float(i) * 0.5f;
  return npy(
      "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }\n",
      std::string(reinterpret_cast<const char *>(values.data()), count * 4));
}

class NpzTest : public FileTest {
protected:
  /// Entries as numpy.savez (stored) or numpy.savez_compressed (deflated) packs
  /// them.
  std::string
  writeZip(llvm::StringRef name,
           const std::vector<std::pair<std::string, std::string>> &entries,
           bool deflate = false) const {
    const std::string path = pathOf(name);
    zip_t *zip = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
    for (const auto &[entry, bytes] : entries) {
      zip_source_t *source =
          zip_source_buffer(zip, bytes.data(), bytes.size(), 0);
      const zip_int64_t index = zip_file_add(zip, entry.c_str(), source, 0);
      EXPECT_GE(index, 0);
      zip_set_file_compression(zip, zip_uint64_t(index),
                               deflate ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
    }
    EXPECT_EQ(zip_close(zip), 0);
    return path;
  }

  /// What open() says about these bytes as a .npy file.
  std::string problemOf(llvm::StringRef bytes) const {
    const std::string path = writeFile("bad.npy", bytes);
    std::string text = errorOf(NpzReader::open(path));
    const std::string prefix = "'" + path + "': ";
    EXPECT_EQ(text.substr(0, prefix.size()), prefix);
    return text.substr(std::min(text.size(), prefix.size()));
  }

  std::string problemOfHeader(const std::string &dictionary) const {
    return problemOf(npy(dictionary, std::string(16, '\0')));
  }
};

//===----------------------------------------------------------------------===//
// Good files
//===----------------------------------------------------------------------===//

TEST_F(NpzTest, EveryTypeRoundTrips) {
  const NpyType types[] = {NpyType::Bool, NpyType::I8,  NpyType::I16,
                           NpyType::I32,  NpyType::I64, NpyType::U8,
                           NpyType::U16,  NpyType::U32, NpyType::U64,
                           NpyType::F32,  NpyType::F64};
  NpzWriter writer;
  std::vector<char> data(6 * 8);
  for (size_t i = 0; i < data.size(); ++i)
    data[i] = char(i % 2); // valid for bool too
  for (const NpyType type : types)
    writer.add(npyName(type), type, {2, 3}, data.data());
  const std::string path = pathOf("all.npz");
  ASSERT_EQ(textOf(writer.write(path)), "");

  auto reader = NpzReader::open(path);
  ASSERT_TRUE(bool(reader)) << errorOf(std::move(reader));
  EXPECT_EQ((*reader)->arrays().size(), std::size(types));
  for (const NpyType type : types) {
    const NpyArray *array = (*reader)->find(npyName(type));
    ASSERT_NE(array, nullptr);
    EXPECT_EQ(array->type, type);
    EXPECT_EQ(array->numElements(), 6);
    EXPECT_EQ(array->describe(), (npyName(type) + "[2x3]").str());
    auto stream = (*reader)->stream(npyName(type));
    ASSERT_TRUE(bool(stream));
    std::vector<char> back(6 * npySize(type));
    ASSERT_EQ(textOf((*stream)->read(back.data(), 6)), "");
    EXPECT_EQ(std::memcmp(back.data(), data.data(), back.size()), 0);
    EXPECT_EQ((*stream)->remaining(), 0);
  }
}

TEST_F(NpzTest, WritingTwiceGivesTheSameBytes) {
  const float x[] = {1, 2, 3};
  NpzWriter writer;
  writer.add("x", NpyType::F32, {3}, x);
  ASSERT_EQ(textOf(writer.write(pathOf("a.npz"))), "");
  sleep(2); // the resolution of a zip's time stamps
  ASSERT_EQ(textOf(writer.write(pathOf("b.npz"))), "");
  EXPECT_EQ(readFile(pathOf("a.npz")), readFile(pathOf("b.npz")));
  EXPECT_EQ(numFiles(), 2u);
}

TEST_F(NpzTest, StreamsSampleBySampleStoredAndDeflated) {
  for (const bool deflate : {false, true}) {
    const std::string path = writeZip("s.npz",
                                      {{"x.npy", floatArray("(4, 5)", 20)},
                                       {"readme.txt", "not an array"},
                                       {"y.npy", floatArray("(4,)", 4)}},
                                      deflate);
    auto reader = NpzReader::open(path);
    ASSERT_TRUE(bool(reader));
    EXPECT_EQ((*reader)->describeArrays(), "x (float32[4x5]), y (float32[4])");
    // Two streams at a time, in step.
    auto x = (*reader)->stream("x"), y = (*reader)->stream("y");
    ASSERT_TRUE(bool(x) && bool(y));
    for (int sample = 0; sample < 4; ++sample) {
      float row[5], one;
      ASSERT_EQ(textOf((*x)->read(row, 5)), "");
      ASSERT_EQ(textOf((*y)->read(&one, 1)), "");
      EXPECT_EQ(row[2], (sample * 5 + 2) * 0.5f);
      EXPECT_EQ(one, sample * 0.5f);
    }
    float more;
    EXPECT_EQ(textOf((*x)->read(&more, 1)),
              "'" + path +
                  "': array 'x' has 0 elements left, but 1 are asked for");
  }
}

TEST_F(NpzTest, NpyIsOneArrayWithoutName) {
  const std::string path = writeFile("x.npy", floatArray("(2, 3)", 6));
  auto reader = NpzReader::open(path);
  ASSERT_TRUE(bool(reader));
  ASSERT_EQ((*reader)->arrays().size(), 1u);
  EXPECT_EQ((*reader)->arrays()[0].name, "");
  auto stream = (*reader)->stream("");
  ASSERT_TRUE(bool(stream));
  float x[6];
  ASSERT_EQ(textOf((*stream)->read(x, 6)), "");
  EXPECT_EQ(x[5], 2.5f);
}

TEST_F(NpzTest, Scalar) {
  auto reader = NpzReader::open(writeFile("x.npy", floatArray("()", 1)));
  ASSERT_TRUE(bool(reader));
  EXPECT_TRUE((*reader)->arrays()[0].shape.empty());
  EXPECT_EQ((*reader)->arrays()[0].numElements(), 1);
}

TEST_F(NpzTest, OtherHeaderVersionsAndSpellings) {
  const std::string data(16, '\0');
  const std::string good[] = {
      npy("{\"shape\": (4,), \"fortran_order\": False, \"descr\": \"<f4\"}",
          data, std::string("\x02\x00", 2)),
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4L,)}   \n",
          data),
      npy("{'descr': '<i1', 'fortran_order': False, 'shape': (16,), }", data),
      npy("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 4, 1), }",
          data),
  };
  for (const std::string &bytes : good)
    EXPECT_EQ(errorOf(NpzReader::open(writeFile("x.npy", bytes))), "");
}

TEST_F(NpzTest, Conversions) {
  const double doubles[] = {1.5, -2.25, 1e30};
  const uint8_t bytes[] = {0, 7, 255};
  NpzWriter writer;
  writer.add("d", NpyType::F64, {3}, doubles);
  writer.add("b", NpyType::U8, {3}, bytes);
  ASSERT_EQ(textOf(writer.write(pathOf("c.npz"))), "");
  auto reader = NpzReader::open(pathOf("c.npz"));
  ASSERT_TRUE(bool(reader));

  float floats[3];
  int64_t integers[3];
  auto d = (*reader)->stream("d");
  ASSERT_EQ(textOf((*d)->readAsFloat(floats, 3)), "");
  EXPECT_EQ(floats[1], -2.25f);
  EXPECT_EQ(floats[2], 1e30f);
  auto b = (*reader)->stream("b");
  ASSERT_EQ(textOf((*b)->readAsInt64(integers, 3)), "");
  EXPECT_EQ(integers[2], 255);
  auto again = (*reader)->stream("d");
  EXPECT_EQ(textOf((*again)->readAsInt64(integers, 3)),
            "'" + pathOf("c.npz") +
                "': array 'd' is float64, but integers are needed");
}

TEST_F(NpzTest, UnknownNameListsWhatIsThere) {
  auto reader =
      NpzReader::open(writeZip("s.npz", {{"x.npy", floatArray("(4,)", 4)}}));
  ASSERT_TRUE(bool(reader));
  EXPECT_EQ((*reader)->find("z"), nullptr);
  EXPECT_EQ(errorOf((*reader)->stream("z")),
            "'" + pathOf("s.npz") +
                "': has no array 'z'; it has x "
                "(float32[4])");
}

//===----------------------------------------------------------------------===//
// Malformed files
//===----------------------------------------------------------------------===//

TEST_F(NpzTest, MissingFile) {
  EXPECT_EQ(errorOf(NpzReader::open(pathOf("none.npz"))),
            "'" + pathOf("none.npz") +
                "': cannot open: No such file or directory");
}

TEST_F(NpzTest, WrongMagic) {
  EXPECT_EQ(problemOf("hello world"), "is neither a .npz nor a .npy file");
  EXPECT_EQ(problemOf(""), "is truncated");
  const std::string path = writeZip("m.npz", {{"x.npy", "hello world"}});
  EXPECT_EQ(errorOf(NpzReader::open(path)),
            "'" + path +
                "': array 'x' is not a .npy array: it does not start with "
                "\\x93NUMPY");
}

TEST_F(NpzTest, FortranOrder) {
  EXPECT_EQ(
      problemOfHeader(
          "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }"),
      "is in Fortran (column-major) order; save numpy.ascontiguousarray(x) "
      "instead");
}

TEST_F(NpzTest, BadTypes) {
  auto withType = [&](const std::string &descr) {
    return problemOfHeader("{'descr': " + descr +
                           ", 'fortran_order': False, 'shape': (4,), }");
  };
  EXPECT_EQ(withType("'|O'"), "holds pickled Python objects; convert it with "
                              "x.astype(numpy.float32) and save again");
  EXPECT_EQ(withType("'>f4'"),
            "is big-endian ('>f4'); save x.astype(x.dtype.newbyteorder('<'))");
  EXPECT_EQ(withType("[('a', '<f4')]"),
            "is a structured array; save one array for each field");
  EXPECT_EQ(withType("'<f2'").substr(0, 29), "has element type '<f2'; only ");
  EXPECT_EQ(withType("'<c8'").substr(0, 29), "has element type '<c8'; only ");
  EXPECT_EQ(withType("''").substr(0, 26), "has element type ''; only ");
}

TEST_F(NpzTest, MalformedHeaders) {
  const std::string malformed = "has a malformed .npy header";
  const std::string bad[] = {
      "",
      "{",
      "{}",
      "garbage",
      "{'descr': '<f4'}",
      "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (4,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': 4}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-4,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4,)",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4,)} trailing",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), 'more': 1}",
  };
  for (const std::string &dictionary : bad)
    EXPECT_EQ(problemOfHeader(dictionary), malformed) << dictionary;
  EXPECT_EQ(problemOf(npy("{}", "", std::string("\x09\x00", 2))),
            "has .npy format version 9; versions 1 to 3 are read");
  // A length of 4 GiB must not be believed.
  EXPECT_EQ(problemOf(std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff{}", 14)),
            malformed);
}

TEST_F(NpzTest, ShapesThatOverflow) {
  EXPECT_EQ(problemOfHeader("{'descr': '<f8', 'fortran_order': False, 'shape': "
                            "(4294967296, 4294967296), }"),
            "has a shape that is too large");
  EXPECT_EQ(problemOfHeader("{'descr': '<f8', 'fortran_order': False, 'shape': "
                            "(0, 4294967296, 4294967296), }"),
            "has a shape that is too large");
  EXPECT_EQ(problemOfHeader("{'descr': '<f8', 'fortran_order': False, 'shape': "
                            "(99999999999999999999,), }"),
            "has a malformed .npy header");
}

TEST_F(NpzTest, TruncatedNpyAtEveryLength) {
  const std::string whole = floatArray("(2, 3)", 6);
  for (size_t length = 0; length < whole.size(); ++length) {
    const std::string problem = problemOf(whole.substr(0, length));
    EXPECT_NE(problem.find("truncated"), std::string::npos)
        << length << problem;
  }
  EXPECT_EQ(problemOf(whole + "x"),
            "is malformed: float32[2x3] needs 24 bytes of "
            "data, but there are 25");
}

TEST_F(NpzTest, TruncatedNpzAtEveryLength) {
  const std::string whole =
      readFile(writeZip("w.npz", {{"x.npy", floatArray("(2, 3)", 6)}}));
  for (size_t length = 0; length < whole.size(); ++length) {
    const std::string problem =
        problemOf(llvm::StringRef(whole).take_front(length));
    EXPECT_NE(problem.find("truncated"), std::string::npos)
        << length << problem;
  }
}

TEST_F(NpzTest, TruncatedArrayInAnIntactNpz) {
  std::string bytes = floatArray("(2, 3)", 6);
  bytes.resize(bytes.size() - 5);
  const std::string path = writeZip("t.npz", {{"x.npy", bytes}});
  EXPECT_EQ(errorOf(NpzReader::open(path)),
            "'" + path +
                "': array 'x' is truncated: float32[2x3] needs 24 bytes of "
                "data, but there are 19");
}

TEST_F(NpzTest, DamagedDataFailTheChecksum) {
  std::string bytes =
      readFile(writeZip("d.npz", {{"x.npy", floatArray("(2, 3)", 6)}}));
  const size_t at = bytes.find("NUMPY") + 80; // in the data
  bytes[at] ^= 1;
  const std::string path = writeFile("damaged.npz", bytes);
  auto reader = NpzReader::open(path);
  ASSERT_TRUE(bool(reader));
  auto stream = (*reader)->stream("x");
  ASSERT_TRUE(bool(stream));
  float x[6];
  EXPECT_NE(textOf((*stream)->read(x, 6)).find("array 'x' is damaged"),
            std::string::npos);
}

TEST_F(NpzTest, NoChangedByteIsUndefinedBehaviour) {
  // Accepted or refused with the path in front: the sanitizers watch.
  const std::string npyBytes = floatArray("(2, 3)", 6);
  const std::string npzBytes =
      readFile(writeZip("m.npz", {{"x.npy", npyBytes}}, true));
  for (const std::string &whole : {npyBytes, npzBytes})
    for (size_t at = 0; at < whole.size(); ++at)
      for (const char flip : {'\x01', '\x80', '\xff'}) {
        std::string bytes = whole;
        bytes[at] ^= flip;
        const std::string path = writeFile("mutant", bytes);
        std::string problem;
        auto reader = NpzReader::open(path);
        if (!reader) {
          problem = errorOf(std::move(reader));
        } else {
          for (const NpyArray &array : (*reader)->arrays()) {
            auto stream = (*reader)->stream(array.name);
            std::vector<float> values(6);
            if (!stream)
              problem = errorOf(std::move(stream));
            else
              problem = textOf((*stream)->readAsFloat(
                  values.data(), std::min<int64_t>(6, (*stream)->remaining())));
          }
        }
        if (!problem.empty())
          EXPECT_EQ(problem.rfind("'" + path + "': ", 0), 0u) << problem;
      }
}

TEST_F(NpzTest, NoArrays) {
  EXPECT_NE(errorOf(NpzReader::open(writeZip("e.npz", {{"x.txt", "x"}})))
                .find("is a zip archive without arrays"),
            std::string::npos);
}

TEST_F(NpzTest, UnwritablePath) {
  const float x[] = {1};
  NpzWriter writer;
  writer.add("x", NpyType::F32, {1}, x);
  EXPECT_NE(textOf(writer.write(pathOf("no/such.npz"))).find("cannot write"),
            std::string::npos);
  EXPECT_EQ(numFiles(), 0u);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// Resident pages of this process, in bytes.
size_t residentBytes() {
  std::FILE *file = std::fopen("/proc/self/statm", "r");
  unsigned long size = 0, resident = 0;
  const int fields = file ? std::fscanf(file, "%lu %lu", &size, &resident) : 0;
  if (file)
    std::fclose(file);
  return fields == 2 ? resident * size_t(sysconf(_SC_PAGESIZE)) : 0;
}

TEST_F(NpzTest, ReadingNeedsTheMemoryOfOneSample) {
  // 128 MiB of zeros: a hole in a file, and what is left of it when deflated.
  constexpr int64_t samples = 8192, elements = 4096;
  const std::string header =
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': "
          "(8192, 4096), }",
          "");
  const std::string sparse = writeFile("large.npy", header);
  ASSERT_EQ(
      truncate(sparse.c_str(), off_t(header.size()) + samples * elements * 4),
      0);
  const std::string packed = pathOf("large.npz");
  zip_t *zip = zip_open(packed.c_str(), ZIP_CREATE, nullptr);
  zip_source_t *source = zip_source_file(zip, sparse.c_str(), 0, 0);
  const zip_int64_t index = zip_file_add(zip, "x.npy", source, 0);
  zip_set_file_compression(zip, zip_uint64_t(index), ZIP_CM_DEFLATE, 1);
  ASSERT_EQ(zip_close(zip), 0);

  for (const auto &[path, name] :
       {std::pair(sparse, ""), std::pair(packed, "x")}) {
    auto reader = NpzReader::open(path);
    ASSERT_TRUE(bool(reader)) << errorOf(std::move(reader));
    auto stream = (*reader)->stream(name);
    ASSERT_TRUE(bool(stream));
    std::vector<float> sample(elements);
    const size_t before = residentBytes();
    ASSERT_GT(before, 0u);
    for (int64_t i = 0; i < samples; ++i) {
      ASSERT_EQ(textOf((*stream)->read(sample.data(), elements)), "");
      if (i % 1024 == 1023)
        EXPECT_LT(residentBytes(), before + (size_t(8) << 20))
            << "after sample " << i;
    }
  }
}

} // namespace
