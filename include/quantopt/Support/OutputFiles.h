//===- OutputFiles.h - Files written whole or not at all --------*- C++ -*-===//

#ifndef QUANTOPT_SUPPORT_OUTPUTFILES_H
#define QUANTOPT_SUPPORT_OUTPUTFILES_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace quantopt {

/// True for what is written to directly and never replaced: "-", which is
/// standard output, names in /dev and /proc, and what exists and is no regular
/// file, such as a pipe.
bool isStream(llvm::StringRef path);

/// Gives `write` where the contents of `path` go: a file beside it, which is
/// renamed once all went well, or the stream that `path` is. Where `path` is a
/// symbolic link, the file that it names is replaced and the link stays. Errors
/// of `write` come back as they are; others name the file and the system's
/// reason.
llvm::Error
writeOutput(llvm::StringRef path,
            llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write);

/// The outputs of one run of a tool. Each is written beside its place, and all
/// are renamed once all are written: a failure leaves what was there before.
/// Streams and links are as with `writeOutput`.
class OutputFiles {
public:
  /// Adds a file. `contents` must stay alive until `write`.
  void add(llvm::StringRef path, llvm::StringRef contents,
           bool executable = false);
  /// The same with contents that lie in several places.
  void add(llvm::StringRef path, std::vector<llvm::StringRef> pieces,
           bool executable = false);

  /// Writes all files. Errors name the file and the system's reason; that two
  /// contents go to one file is one.
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

#endif // QUANTOPT_SUPPORT_OUTPUTFILES_H
