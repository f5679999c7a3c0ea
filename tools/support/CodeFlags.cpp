//===- CodeFlags.cpp - Options that choose the code -----------------------===//

#include "CodeFlags.h"

#include "quantopt/Lowering/GPU/Pipeline.h"

using namespace llvm;
using namespace quantopt;

CodeFlags::CodeFlags(cl::OptionCategory &category)
    : device("device", cl::cat(category), cl::init(Device::CPU),
             cl::desc("Where the model runs:"),
             cl::values(
                 clEnumValN(Device::CPU, "cpu", "on the processor (default)"),
                 clEnumValN(Device::CUDA, "cuda",
                            "on an NVIDIA GPU. Object files need "
                            "libQuantOptRuntime"))),
      chip("chip", cl::cat(category), cl::value_desc("sm_NN"),
           cl::desc("With --device=cuda: the least GPU that the code runs on, "
                    "sm_80 or later; sm_90a is for H100 and H200 alone "
                    "(default: this machine's GPU in quant-run, sm_80 in "
                    "quant-compile)")),
      cpu("cpu", cl::cat(category), cl::init("native"), cl::value_desc("name"),
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
  if (device == Device::CPU && chip.getNumOccurrences() > 0)
    return createStringError("--chip is for --device=cuda: give both");
  if (device == Device::CUDA && (threads > 1 || !tiles.empty()))
    return createStringError("--threads and --tiles are for --device=cpu: a "
                             "GPU has its own");
  if (device == Device::CUDA && !chip.empty() &&
      !mlir::qopt::isSupportedChip(chip))
    return createStringError("--chip=" + chip +
                             ": give sm_80 or a later one that 'llc-22 "
                             "-march=nvptx64 -mcpu=help' lists");
  return Error::success();
}

LowerOptions CodeFlags::getLowerOptions() const {
  LowerOptions options;
  options.device = device;
  options.chip = chip.empty() ? "sm_80" : chip.getValue();
  options.kernels = kernels;
  options.threads = threads;
  options.tiles = tiles;
  return options;
}
