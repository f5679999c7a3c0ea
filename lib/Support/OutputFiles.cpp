//===- OutputFiles.cpp - Files written whole or not at all ----------------===//

#include "quantopt/Support/OutputFiles.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace quantopt;

void OutputFiles::add(StringRef path, StringRef contents, bool executable) {
  files.push_back({path.str(), {contents}, executable});
}

void OutputFiles::add(StringRef path, std::vector<StringRef> pieces,
                      bool executable) {
  files.push_back({path.str(), std::move(pieces), executable});
}

/// The stream of this process that `path` names, if any. Opening the name again
/// would write over what went to a redirected stream before.
static raw_fd_ostream *getStandardStream(StringRef path) {
  if (is_contained({"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}, path))
    return &outs();
  if (is_contained({"/dev/stderr", "/dev/fd/2", "/proc/self/fd/2"}, path))
    return static_cast<raw_fd_ostream *>(&errs());
  return nullptr;
}

bool quantopt::isStream(StringRef path) {
  // A name in these folders may look like a regular file: that which a standard
  // stream was redirected to.
  if (getStandardStream(path) || sys::path::parent_path(path) == "/dev" ||
      path.starts_with("/dev/fd/") || path.starts_with("/proc/"))
    return true;
  sys::fs::file_status status;
  return !sys::fs::status(path, status) && sys::fs::exists(status) &&
         !sys::fs::is_regular_file(status) && !sys::fs::is_directory(status);
}

/// The file that `path` names where it is a symbolic link.
static std::string followLinks(StringRef path) {
  SmallString<128> target;
  if (sys::fs::is_symlink_file(path) && !sys::fs::real_path(path, target))
    return std::string(target);
  return path.str();
}

/// Calls `write` with `os`. A stream that cannot take all is told as the error
/// of the file `path`, and is left as one that nothing is waiting in.
static Error writeTo(raw_fd_ostream &os, StringRef path,
                     function_ref<Error(raw_ostream &)> write) {
  Error error = write(os);
  os.flush();
  if (!os.has_error())
    return error;
  const std::error_code code = os.error();
  os.clear_error();
  return joinErrors(std::move(error), createFileError(path, code));
}

/// Calls `write` with the stream that `path` names.
static Error writeStream(StringRef path,
                         function_ref<Error(raw_ostream &)> write) {
  if (raw_fd_ostream *os = getStandardStream(path))
    return writeTo(*os, path, write);
  std::error_code code;
  raw_fd_ostream os(path, code, sys::fs::CD_OpenExisting, sys::fs::FA_Write,
                    sys::fs::OF_Append);
  if (code)
    return createFileError(path, code);
  return writeTo(os, path, write);
}

static Expected<sys::fs::TempFile>
writeBeside(StringRef path, bool executable,
            function_ref<Error(raw_ostream &)> write) {
  if (sys::fs::is_directory(path))
    return createFileError(path,
                           std::make_error_code(std::errc::is_a_directory));
  unsigned mode = sys::fs::all_read | sys::fs::all_write;
  if (executable)
    mode |= sys::fs::all_exe;
  Expected<sys::fs::TempFile> file =
      sys::fs::TempFile::create(path + ".tmp-%%%%%%%%", mode);
  if (!file)
    return createFileError(path, errorToErrorCode(file.takeError()));
  // llvm::writeToOutput renames what a full disk has cut off.
  raw_fd_ostream os(file->FD, /*shouldClose=*/false);
  if (Error error = writeTo(os, path, write))
    return joinErrors(std::move(error), file->discard());
  return file;
}

static Error keep(sys::fs::TempFile &file, StringRef path) {
  if (Error failure = file.keep(path))
    return createFileError(path, errorToErrorCode(std::move(failure)));
  return Error::success();
}

Error quantopt::writeOutput(StringRef path,
                            function_ref<Error(raw_ostream &)> write) {
  if (isStream(path))
    return writeStream(path, write);
  const std::string file = followLinks(path);
  Expected<sys::fs::TempFile> beside =
      writeBeside(file, /*executable=*/false, write);
  if (!beside)
    return beside.takeError();
  return keep(*beside, file);
}

Error OutputFiles::write() {
  StringSet<> taken;
  for (const File &file : files)
    if (!isStream(file.path) && !taken.insert(followLinks(file.path)).second)
      return createStringError("'" + file.path +
                               "' is named for two outputs; give each a file");
  SmallVector<std::pair<std::string, sys::fs::TempFile>> written;
  Error error = Error::success();
  for (bool toStreams : {false, true})
    for (const File &file : files) {
      if (error || isStream(file.path) != toStreams)
        continue;
      auto write = [&](raw_ostream &os) {
        for (StringRef piece : file.pieces)
          os << piece;
        return Error::success();
      };
      if (toStreams) {
        error = writeStream(file.path, write);
        continue;
      }
      std::string path = followLinks(file.path);
      Expected<sys::fs::TempFile> beside =
          writeBeside(path, file.executable, write);
      if (beside)
        written.emplace_back(std::move(path), std::move(*beside));
      else
        error = beside.takeError();
    }

  for (auto &[path, beside] : written)
    error = error ? joinErrors(std::move(error), beside.discard())
                  : keep(beside, path);
  if (error)
    return createStringError("cannot write " + toString(std::move(error)));
  return Error::success();
}
