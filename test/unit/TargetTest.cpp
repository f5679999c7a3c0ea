//===- TargetTest.cpp - Headers and output files --------------------------===//

#include "quantopt/Support/OutputFiles.h"
#include "quantopt/Target/CHeader.h"

#include "TestFiles.h"

using namespace quantopt;
using namespace quantopt::test;

namespace {

std::string makeHeader(const Signature &signature) {
  std::string text;
  llvm::raw_string_ostream os(text);
  EXPECT_EQ(textOf(writeCHeader(os, signature)), "");
  return text;
}

bool contains(const std::string &text, const char *part) {
  return text.find(part) != std::string::npos;
}

TEST(CHeader, ParametersAreIdentifiersAndDiffer) {
  const std::string header = makeHeader({"f",
                                         {{"in:0", {1, 2}, ElementType::I8},
                                          {"in.0", {}, ElementType::F64},
                                          {"0", {3}, ElementType::BF16},
                                          {"float", {4}, ElementType::I1}},
                                         {{"in_0", {5}, ElementType::I64}}});
  EXPECT_TRUE(contains(header, "const int8_t *in_0 /* 1x2 */")) << header;
  EXPECT_TRUE(contains(header, "const double *in_0_1 /* scalar */")) << header;
  EXPECT_TRUE(contains(header, "const uint16_t *_0 /* 3 bf16 bit patterns */"))
      << header;
  EXPECT_TRUE(contains(header, "const uint8_t *_float /* 4 */")) << header;
  EXPECT_TRUE(contains(header, "    int64_t *in_0_4 /* 5 */);")) << header;
}

TEST(CHeader, RefusesNamesThatCHasNot) {
  for (const char *name : {"main", "a.b", "1f", "", "while"}) {
    std::string text;
    llvm::raw_string_ostream os(text);
    EXPECT_NE(textOf(writeCHeader(os, {name, {}, {}})), "") << name;
  }
}

using OutputFilesTest = FileTest;

TEST_F(OutputFilesTest, ReplacesWholeFiles) {
  const std::string path = writeFile("a", "old and longer");
  OutputFiles files;
  files.add(path, "new");
  files.add(pathOf("b"), "other", /*executable=*/true);
  ASSERT_EQ(textOf(files.write()), "");
  EXPECT_EQ(readFile(path), "new");
  EXPECT_TRUE(llvm::sys::fs::can_execute(pathOf("b")));
  EXPECT_FALSE(llvm::sys::fs::can_execute(path));
  EXPECT_EQ(numFiles(), 2u);
}

TEST_F(OutputFilesTest, OneFailureLeavesAllAsTheyWere) {
  const std::string path = writeFile("a", "old");
  OutputFiles files;
  files.add(path, "new");
  files.add(pathOf("none/b"), "other");
  EXPECT_TRUE(contains(textOf(files.write()), "cannot write"));
  EXPECT_EQ(readFile(path), "old");
  EXPECT_EQ(numFiles(), 1u);
}

TEST_F(OutputFilesTest, LinksStayAndTheirFilesAreReplaced) {
  const std::string path = writeFile("a", "old");
  const std::string link = pathOf("link");
  ASSERT_FALSE(llvm::sys::fs::create_link(path, link));
  OutputFiles files;
  files.add(link, "new");
  ASSERT_EQ(textOf(files.write()), "");
  EXPECT_EQ(readFile(path), "new");
  EXPECT_TRUE(llvm::sys::fs::is_symlink_file(link));
  ASSERT_EQ(textOf(writeOutput(link,
                               [](llvm::raw_ostream &os) {
                                 os << "newer";
                                 return llvm::Error::success();
                               })),
            "");
  EXPECT_EQ(readFile(path), "newer");
  EXPECT_TRUE(llvm::sys::fs::is_symlink_file(link));
}

// By a link, so that no failure of this test can replace a device.
TEST_F(OutputFilesTest, DevicesAreWrittenToAndStay) {
  const std::string link = pathOf("link");
  ASSERT_FALSE(llvm::sys::fs::create_link("/dev/full", link));
  EXPECT_TRUE(isStream(link));
  OutputFiles files;
  files.add(link, "new");
  EXPECT_TRUE(contains(textOf(files.write()), "No space left on device"));
  EXPECT_TRUE(contains(textOf(writeOutput(link,
                                          [](llvm::raw_ostream &os) {
                                            os << "new";
                                            return llvm::Error::success();
                                          })),
                       "No space left on device"));
  EXPECT_TRUE(llvm::sys::fs::is_symlink_file(link));
}

TEST_F(OutputFilesTest, NamesOfStreams) {
  for (const char *name : {"-", "/dev/stdout", "/dev/full", "/dev/none",
                           "/dev/fd/5", "/proc/self/fd/5"})
    EXPECT_TRUE(isStream(name)) << name;
  for (const std::string &name :
       {writeFile("a", ""), pathOf("b"), std::string("/dev/shm/a"), pathOf("")})
    EXPECT_FALSE(isStream(name)) << name;
}

TEST_F(OutputFilesTest, FailuresOfTheWriterLeaveWhatWasThere) {
  const std::string path = writeFile("a", "old");
  EXPECT_EQ(textOf(writeOutput(path,
                               [](llvm::raw_ostream &os) {
                                 os << "half";
                                 return llvm::createStringError("no");
                               })),
            "no");
  EXPECT_EQ(readFile(path), "old");
  EXPECT_EQ(numFiles(), 1u);
}

TEST_F(OutputFilesTest, TwoOutputsNeedTwoFiles) {
  OutputFiles files;
  files.add(pathOf("a"), "one");
  files.add(pathOf("a"), "other");
  EXPECT_TRUE(contains(textOf(files.write()), "is named for two outputs"));
  EXPECT_EQ(numFiles(), 0u);
}

} // namespace
