//===- Profile.h - Where the time of a run goes -----------------*- C++ -*-===//

#ifndef QUANTOPT_EXECUTION_PROFILE_H
#define QUANTOPT_EXECUTION_PROFILE_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <string>
#include <vector>

namespace llvm {
class raw_ostream;
namespace json {
class OStream;
} // namespace json
} // namespace llvm

namespace mlir {
class Operation;
} // namespace mlir

namespace quantopt {

/// One kernel of a model that was lowered with counters (`profile=true`).
struct ProfiledKernel {
  std::string op;       ///< the operation, "linalg.matmul"
  std::string kernel;   ///< how it was emitted: tile, lanes or loops
  std::string name;     ///< its `qopt.name`; may be empty
  std::string location; ///< "file:line:column"
  /// Operations that run inside, "linalg.fill file:line:column".
  std::vector<std::string> fused;
  /// Of one call: multiply-accumulates, and bytes of all buffers that it
  /// touches, each counted once.
  int64_t macs = 0, bytes = 0;
  /// Of contractions: what a table of tiles calls the target and the
  /// contraction, the tile that was taken, and how many there were to choose
  /// from.
  std::string target, contraction, tile;
  int64_t candidates = 0;
};

/// Reads the table of kernels off a lowered module, in the order of their
/// counters. Empty where the module has none.
std::vector<ProfiledKernel> readProfileTable(mlir::Operation *module);

/// What the counters said. Times are in nanoseconds, each the smallest of many
/// means over a few runs: so neither the steps of the clock nor other work on
/// the machine is in them.
struct Profile {
  struct Line {
    ProfiledKernel kernel;
    int64_t calls = 0; ///< in one run
    double ns = 0;     ///< of all its calls in one run
  };
  std::vector<Line> lines; ///< in the order of the program
  uint64_t runs = 0;
  double runNs = 0; ///< of a run, from outside
};

/// A table for people, slowest first: time, share of the sum of all kernels,
/// calls, multiply-accumulates, GOPS (two operations each), GB/s, what, where.
void printProfile(llvm::raw_ostream &os, const Profile &profile);

/// The attribute "profile": an array of {op, kernel, tile, name, location,
/// fused, calls, ns, macs, bytes}, in the order of the program; ns, macs and
/// bytes are those of all calls of one run.
void writeProfileJSON(llvm::json::OStream &json, const Profile &profile);

} // namespace quantopt

#endif // QUANTOPT_EXECUTION_PROFILE_H
