//===- OutputFiles.h - Files written whole or not at all --------*- C++ -*-===//

#ifndef QUANTOPT_TARGET_OUTPUTFILES_H
#define QUANTOPT_TARGET_OUTPUTFILES_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace quantopt {

/// The outputs of one run of a tool. Each is written beside its place, and all
/// are renamed once all are written: a failure leaves what was there before.
/// "-" is standard output; a path that exists and is no regular file (a pipe,
/// a device) is written directly.
class OutputFiles {
public:
  /// Adds a file. `contents` must stay alive until `write`.
  void add(llvm::StringRef path, llvm::StringRef contents,
           bool executable = false);
  /// The same with contents that lie in several places.
  void add(llvm::StringRef path, std::vector<llvm::StringRef> pieces,
           bool executable = false);

  /// Writes all files. Errors name the file and the system's reason.
  llvm::Error write();

private:
  struct File {
    std::string path;
    std::vector<llvm::StringRef> pieces;
    bool executable;
  };
  std::vector<File> files;
};

} // namespace quantopt

#endif // QUANTOPT_TARGET_OUTPUTFILES_H
