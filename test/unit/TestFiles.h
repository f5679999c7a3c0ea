//===- TestFiles.h - Temporary files and error texts of tests ---*- C++ -*-===//

#ifndef QUANTOPT_TEST_UNIT_TESTFILES_H
#define QUANTOPT_TEST_UNIT_TESTFILES_H

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include "gtest/gtest.h"

#include <string>

namespace quantopt {
namespace test {

/// A folder of its own for each test, removed after it.
class FileTest : public ::testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("quantopt-unit", folder));
  }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  std::string pathOf(llvm::StringRef name) const {
    llvm::SmallString<128> path = folder;
    llvm::sys::path::append(path, name);
    return path.str().str();
  }

  std::string writeFile(llvm::StringRef name, llvm::StringRef bytes) const {
    const std::string path = pathOf(name);
    std::error_code error;
    llvm::raw_fd_ostream os(path, error);
    EXPECT_FALSE(error);
    os << bytes;
    return path;
  }

  static std::string readFile(llvm::StringRef path) {
    auto buffer = llvm::MemoryBuffer::getFile(path);
    return buffer ? (*buffer)->getBuffer().str() : std::string("<missing>");
  }

  size_t numFiles() const {
    size_t count = 0;
    std::error_code error;
    for (llvm::sys::fs::directory_iterator it(folder, error), end;
         it != end && !error; it.increment(error))
      ++count;
    return count;
  }

  llvm::SmallString<128> folder;
};

/// The text of an error; "" for success.
inline std::string textOf(llvm::Error error) {
  return llvm::toString(std::move(error));
}

template <typename T>
std::string errorOf(llvm::Expected<T> value) {
  return value ? std::string() : llvm::toString(value.takeError());
}

} // namespace test
} // namespace quantopt

#endif // QUANTOPT_TEST_UNIT_TESTFILES_H
