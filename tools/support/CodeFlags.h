//===- CodeFlags.h - Options that choose the code ---------------*- C++ -*-===//
//
// The same in quant-run and quant-compile, so that what is measured can be
// shipped by the same words.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_TOOLS_SUPPORT_CODEFLAGS_H
#define QUANTOPT_TOOLS_SUPPORT_CODEFLAGS_H

#include "Model.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"

namespace quantopt {

/// --device, --chip, --cpu, --features, --kernels, --threads and --tiles. Made
/// in main, after LLVM's own options are cleared away: they are registered by
/// the shared library, and `threads` is one of them.
struct CodeFlags {
  explicit CodeFlags(llvm::cl::OptionCategory &category);

  /// What a parser of single options cannot say.
  llvm::Error check() const;
  /// How to lower for them.
  LowerOptions getLowerOptions() const;

  llvm::cl::opt<Device> device;
  llvm::cl::opt<std::string> chip, cpu, features;
  llvm::cl::opt<Kernels> kernels;
  llvm::cl::opt<int64_t> threads;
  llvm::cl::opt<std::string> tiles;
};

} // namespace quantopt

#endif // QUANTOPT_TOOLS_SUPPORT_CODEFLAGS_H
