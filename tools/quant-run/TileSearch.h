//===- TileSearch.h - Measure tiles, keep the fastest -----------*- C++ -*-===//

#ifndef QUANTOPT_TOOLS_QUANTRUN_TILESEARCH_H
#define QUANTOPT_TOOLS_QUANTRUN_TILESEARCH_H

#include "Run.h"

namespace quantopt {

/// Compiles the model with counters: with the tiles of a table, or, where its
/// path is empty, with the tile of each contraction that the compiler's own
/// estimate ranks so, from 0.
using CompileCandidate =
    llvm::function_ref<llvm::Expected<std::unique_ptr<CompiledModel>>(
        unsigned candidate, llvm::StringRef table)>;

/// Measures all candidates of all contractions of a model on the first sample
/// of `feeder` and writes the fastest of each to the table at `path`, beside
/// what that table has of other models and targets. One compilation measures
/// one candidate of every contraction. The table is written after each, so that
/// what was measured until then is there whatever happens. Reports on standard
/// output.
llvm::Error searchTiles(CompileCandidate compile, SampleFeeder &feeder,
                        llvm::StringRef path);

} // namespace quantopt

#endif // QUANTOPT_TOOLS_QUANTRUN_TILESEARCH_H
