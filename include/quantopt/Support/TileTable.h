//===- TileTable.h - Measured choices of register tiles ---------*- C++ -*-===//
//
// Which tile was fastest for a contraction on a target, as a file that a search
// writes and every later compilation reads.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_SUPPORT_TILETABLE_H
#define QUANTOPT_SUPPORT_TILETABLE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <map>
#include <optional>
#include <string>

namespace quantopt {

/// How a contraction is cut into tiles. Results in integers do not depend on
/// it.
struct TileChoice {
  /// On AMX's tile registers, else on vectors.
  bool isMatrix = false;
  /// Vectors of columns of a tile.
  int64_t vectors = 1;
  /// Rows of a tile of vectors in the two innermost row loops; row tiles of a
  /// block of tile registers, with a height of 1.
  int64_t height = 1;
  int64_t width = 1;

  bool operator==(const TileChoice &other) const;
  /// "vectors 2x3x4" or "matrix 1x2x2": height, width and vectors.
  std::string str() const;
  /// Reads what `str` writes.
  static std::optional<TileChoice> parse(llvm::StringRef text);
};

/// The choices by target ("sapphirerapids" or another processor as LLVM names
/// it, with the features that matter) and contraction (as the lowering
/// describes it). A file in JSON:
///
///   {"format": "quantopt-tiles", "version": 1, "tiles": [
///     {"target": …, "contraction": …, "tile": "vectors 1x6x4", "ns": 812.5}]}
class TileTable {
public:
  struct Entry {
    TileChoice choice;
    /// Nanoseconds of one call, as measured.
    double ns = 0;
  };

  /// Reads a file. Errors name it, and the line and column where its text is no
  /// JSON, or the number of the entry that is wrong.
  static llvm::Expected<TileTable> read(llvm::StringRef path);
  /// The file's text, sorted: the same entries give the same bytes.
  std::string str() const;

  const Entry *find(llvm::StringRef target, llvm::StringRef contraction) const;
  void set(llvm::StringRef target, llvm::StringRef contraction, Entry entry);

private:
  std::map<std::pair<std::string, std::string>, Entry> entries;
};

} // namespace quantopt

#endif // QUANTOPT_SUPPORT_TILETABLE_H
