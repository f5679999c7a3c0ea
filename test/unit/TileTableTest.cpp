//===- TileTableTest.cpp - Tables of measured tiles -----------------------===//

#include "quantopt/Support/TileTable.h"

#include "TestFiles.h"

using namespace quantopt;
using namespace quantopt::test;

namespace {

using TileTableTest = FileTest;

TEST_F(TileTableTest, ChoicesAreReadAsWritten) {
  const TileChoice choice{/*isMatrix=*/true, 2, 1, 4};
  EXPECT_EQ(choice.str(), "matrix 1x4x2");
  EXPECT_EQ(TileChoice::parse("matrix 1x4x2"), choice);
  EXPECT_EQ(TileChoice::parse("vectors 2x3x4")->height, 2);
  EXPECT_EQ(TileChoice::parse("vectors 2x3x4")->width, 3);
  EXPECT_EQ(TileChoice::parse("vectors 2x3x4")->vectors, 4);
  for (const char *wrong :
       {"", "vectors", "vectors 1x2", "vectors 1x2x3x4", "vectors 0x2x3",
        "vectors 1x-2x3", "tile 1x2x3", "vectors 1x2xb"})
    EXPECT_FALSE(TileChoice::parse(wrong)) << wrong;
}

TEST_F(TileTableTest, TheSameEntriesGiveTheSameBytes) {
  TileTable first, second;
  first.set("znver4", "a", {{false, 4, 1, 6}, 812.5});
  first.set("znver4", "b", {{false, 2, 1, 12}, 3});
  first.set("haswell", "a", {{false, 1, 1, 8}, 4});
  second.set("haswell", "a", {{false, 1, 1, 8}, 4});
  second.set("znver4", "b", {{true, 1, 1, 1}, 9});
  second.set("znver4", "a", {{false, 4, 1, 6}, 812.5});
  second.set("znver4", "b", {{false, 2, 1, 12}, 3});
  EXPECT_EQ(first.str(), second.str());

  auto read = TileTable::read(writeFile("t.json", first.str()));
  ASSERT_TRUE(bool(read)) << llvm::toString(read.takeError());
  EXPECT_EQ(read->str(), first.str());
  ASSERT_TRUE(read->find("znver4", "a"));
  EXPECT_EQ(read->find("znver4", "a")->ns, 812.5);
  EXPECT_EQ(read->find("znver4", "a")->choice.str(), "vectors 1x6x4");
  EXPECT_FALSE(read->find("znver5", "a"));
}

TEST_F(TileTableTest, WrongFilesAreRefused) {
  auto problem = [&](llvm::StringRef text) {
    return errorOf(TileTable::read(writeFile("t.json", text)));
  };
  EXPECT_NE(errorOf(TileTable::read(pathOf("none.json"))).find("none.json"),
            std::string::npos);
  EXPECT_NE(problem("{\n \"format\": }").find("[2:12"), std::string::npos);
  EXPECT_NE(problem("{}").find("is no table of tiles"), std::string::npos);
  EXPECT_NE(problem(R"({"format": "quantopt-tiles", "version": 2})")
                .find("another version than 1"),
            std::string::npos);
  EXPECT_NE(problem(R"({"format": "quantopt-tiles", "version": 1})")
                .find("no array \"tiles\""),
            std::string::npos);
  EXPECT_NE(problem(R"({"format": "quantopt-tiles", "version": 1, "tiles": [
                        {"target": "a", "contraction": "b", "tile": "c"}]})")
                .find("entry 0"),
            std::string::npos);
}

} // namespace
