//===- Linker.cpp - Object file to shared library -------------------------===//

#include "quantopt/Target/CodeGen.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;
using namespace quantopt;

namespace {
struct Linker {
  std::string path;
  /// Compiler drivers find the C and math library; a bare linker leaves their
  /// symbols to the program that loads the library.
  bool isDriver;
};
} // namespace

static Expected<Linker> findLinker(const Triple &triple) {
  SmallVector<std::string> drivers;
  Triple host(sys::getProcessTriple());
  if (triple.getArch() == host.getArch() && triple.getOS() == host.getOS()) {
    drivers = {"cc", "clang", "gcc"};
  } else {
    drivers = {triple.str() + "-gcc",
               (triple.getArchName() + "-" + triple.getOSName() + "-" +
                triple.getEnvironmentName() + "-gcc")
                   .str()};
  }
  for (const std::string &driver : drivers)
    if (ErrorOr<std::string> path = sys::findProgramByName(driver))
      return Linker{*path, true};
  for (StringRef linker : {"ld.lld", "ld.lld-22"})
    if (ErrorOr<std::string> path = sys::findProgramByName(linker))
      return Linker{*path, false};
  return createStringError(
      "no linker for " + triple.str() +
      ": neither a C compiler for it nor ld.lld is on PATH; install one, or "
      "emit an object file and link it yourself");
}

/// Runs the linker and puts what it says into the error.
static Error runLinker(const Linker &linker, StringRef object,
                       StringRef archive, StringRef output) {
  SmallVector<StringRef> arguments = {linker.path, "-shared", "-o", output,
                                      object};
  if (!archive.empty())
    arguments.push_back(archive);
  if (!archive.empty() && linker.isDriver)
    arguments.append({"-Wl,-z,nodelete", "-pthread"});
  else if (!archive.empty())
    arguments.append({"-z", "nodelete"});
  if (linker.isDriver)
    arguments.push_back("-lm");

  SmallString<128> log;
  if (std::error_code code =
          sys::fs::createTemporaryFile("quantopt-link", "log", log))
    return createStringError(code, "no temporary file for the linker");
  FileRemover removeLog(log);
  std::optional<StringRef> redirects[] = {StringRef(), StringRef(log),
                                          StringRef(log)};
  std::string failure;
  int status = sys::ExecuteAndWait(linker.path, arguments, std::nullopt,
                                   redirects, 0, 0, &failure);
  if (status == 0)
    return Error::success();
  if (ErrorOr<std::unique_ptr<MemoryBuffer>> text = MemoryBuffer::getFile(log))
    failure += (*text)->getBuffer().trim();
  return createStringError("linking with '" + linker.path +
                           "' failed: " + failure);
}

Expected<std::unique_ptr<MemoryBuffer>>
quantopt::linkSharedLibrary(ArrayRef<StringRef> object, StringRef triple,
                            StringRef archive) {
  Expected<Linker> linker = findLinker(Triple(triple));
  if (!linker)
    return linker.takeError();

  SmallString<128> objectPath, libraryPath;
  for (auto [suffix, path] :
       {std::pair(StringRef("o"), &objectPath), {"so", &libraryPath}})
    if (std::error_code code =
            sys::fs::createTemporaryFile("quantopt-link", suffix, *path))
      return createStringError(code, "no temporary file for the linker");
  FileRemover removeObject(objectPath), removeLibrary(libraryPath);

  if (Error error = writeToOutput(objectPath, [&](raw_ostream &os) {
        for (StringRef piece : object)
          os << piece;
        return Error::success();
      }))
    return std::move(error);
  if (Error error = runLinker(*linker, objectPath, archive, libraryPath))
    return std::move(error);
  ErrorOr<std::unique_ptr<MemoryBuffer>> linked =
      MemoryBuffer::getFile(libraryPath);
  if (!linked)
    return createStringError(linked.getError(),
                             "the linker's output cannot be read");
  return std::move(*linked);
}
