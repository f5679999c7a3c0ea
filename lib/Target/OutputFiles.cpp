//===- OutputFiles.cpp - Files written whole or not at all ----------------===//

#include "quantopt/Target/OutputFiles.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FileSystem.h"
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

static Error cannotWrite(StringRef path, std::error_code code) {
  return createStringError(code,
                           "cannot write '" + path + "': " + code.message());
}

/// True for pipes, devices and standard output, which are never replaced.
static bool isStream(StringRef path) {
  sys::fs::file_status status;
  return path == "-" ||
         (!sys::fs::status(path, status) && sys::fs::exists(status) &&
          !sys::fs::is_regular_file(status) && !sys::fs::is_directory(status));
}

static Error writeAll(raw_fd_ostream &os, StringRef path,
                      ArrayRef<StringRef> pieces) {
  for (StringRef piece : pieces)
    os << piece;
  os.flush();
  if (!os.has_error())
    return Error::success();
  std::error_code code = os.error();
  os.clear_error();
  return cannotWrite(path, code);
}

static Error writeStream(StringRef path, ArrayRef<StringRef> pieces) {
  if (path == "-")
    return writeAll(outs(), path, pieces);
  std::error_code code;
  raw_fd_ostream os(path, code, sys::fs::CD_OpenExisting);
  if (code)
    return cannotWrite(path, code);
  return writeAll(os, path, pieces);
}

static Expected<sys::fs::TempFile>
writeBeside(StringRef path, ArrayRef<StringRef> pieces, bool executable) {
  if (sys::fs::is_directory(path))
    return cannotWrite(path, std::make_error_code(std::errc::is_a_directory));
  unsigned mode = sys::fs::all_read | sys::fs::all_write;
  if (executable)
    mode |= sys::fs::all_exe;
  Expected<sys::fs::TempFile> file =
      sys::fs::TempFile::create(path + ".tmp-%%%%%%%%", mode);
  if (!file)
    return cannotWrite(path, errorToErrorCode(file.takeError()));
  raw_fd_ostream os(file->FD, /*shouldClose=*/false);
  if (Error error = writeAll(os, path, pieces))
    return joinErrors(std::move(error), file->discard());
  return file;
}

Error OutputFiles::write() {
  SmallVector<std::pair<StringRef, sys::fs::TempFile>> written;
  Error error = Error::success();
  for (const File &file : files) {
    if (isStream(file.path))
      continue;
    Expected<sys::fs::TempFile> beside =
        writeBeside(file.path, file.pieces, file.executable);
    if (!beside) {
      error = beside.takeError();
      break;
    }
    written.emplace_back(file.path, std::move(*beside));
  }
  for (const File &file : files)
    if (!error && isStream(file.path))
      error = writeStream(file.path, file.pieces);

  for (auto &[path, beside] : written) {
    if (error) {
      error = joinErrors(std::move(error), beside.discard());
      continue;
    }
    if (Error failure = beside.keep(path))
      error = cannotWrite(path, errorToErrorCode(std::move(failure)));
  }
  return error;
}
