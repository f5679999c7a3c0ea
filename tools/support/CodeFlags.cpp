//===- CodeFlags.cpp - Options that choose the code -----------------------===//

#include "CodeFlags.h"

using namespace llvm;
using namespace quantopt;

CodeFlags::CodeFlags(cl::OptionCategory &category)
    : cpu("cpu", cl::cat(category), cl::init("native"), cl::value_desc("name"),
          cl::desc("Generate code for this processor, as 'llc -mcpu' names it "
                   "(default: native, this machine's, or the baseline of the "
                   "architecture where --triple names another one)")),
      features("features", cl::cat(category), cl::value_desc("+a,-b"),
               cl::desc("Features to add to (+) or take from (-) those of the "
                        "processor")),
      kernels(
          "kernels", cl::cat(category), cl::init(Kernels::Auto),
          cl::desc("Kernels of contractions:"),
          cl::values(clEnumValN(Kernels::Auto, "auto",
                                "vector kernels for the processor (default)"),
                     clEnumValN(Kernels::Scalar, "scalar",
                                "the plain reference path; the same bits for "
                                "integer form"))),
      threads("threads", cl::cat(category), cl::init(1), cl::value_desc("n"),
              cl::desc("Threads that one run of the model may use (default 1); "
                       "results do not depend on it. Object files for more "
                       "than one need libQuantOptRuntime and -pthread")),
      tiles("tiles", cl::cat(category), cl::value_desc("file.json"),
            cl::desc("Cut contractions into the tiles that quant-run "
                     "--search-tiles measured; what the file does not have "
                     "follows a model of the core. Results in integers do not "
                     "depend on it")) {}

Error CodeFlags::check() const {
  if (threads < 1)
    return createStringError("--threads=" + Twine(threads) +
                             ": give at least one thread");
  return Error::success();
}

LowerOptions CodeFlags::getLowerOptions() const {
  LowerOptions options;
  options.kernels = kernels;
  options.threads = threads;
  options.tiles = tiles;
  return options;
}
