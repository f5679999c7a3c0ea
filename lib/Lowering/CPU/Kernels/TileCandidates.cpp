//===- TileCandidates.cpp - Ways to cut a contraction ---------------------===//

#include "TileCandidates.h"
#include "Panels.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::qopt;

/// A search measures each of them.
static constexpr size_t kMaximalCandidates = 10;

SmallVector<TileCandidate>
mlir::qopt::listTileCandidates(const Nest &nest, const Contraction &contraction,
                               const MicroKernel &kernel, bool hasMatrixTiles) {
  SmallVector<TileCandidate> candidates;
  // The problem has the two innermost row loops: these are around it.
  double around = 1;
  for (unsigned loop :
       ArrayRef(contraction.rows)
           .drop_back(std::min<size_t>(contraction.rows.size(), 2)))
    around *= double(nest.sizes[loop]);
  TileProblem problem = getTileProblem(nest, contraction, kernel);
  for (const RankedTile &tile : rankVectorTiles(problem, kernel)) {
    const TileShape &shape = tile.shape;
    insertRanked(candidates, TileCandidate{{/*isMatrix=*/false, shape.vectors,
                                            shape.height, shape.width},
                                           std::nullopt,
                                           tile.cycles * around});
  }
  if (hasMatrixTiles)
    for (const RankedPlan &ranked : rankMatrixTiles(nest, contraction, kernel))
      insertRanked(candidates,
                   TileCandidate{{/*isMatrix=*/true, ranked.plan.vectors,
                                  /*height=*/1, ranked.plan.blockTiles},
                                 ranked.plan,
                                 ranked.cycles});
  candidates.truncate(std::min(candidates.size(), kMaximalCandidates));
  return candidates;
}

std::optional<TileCandidate>
mlir::qopt::findTile(const Nest &nest, const Contraction &contraction,
                     const MicroKernel &kernel, bool hasMatrixTiles,
                     const quantopt::TileChoice &choice) {
  if (!choice.isMatrix) {
    if (!fitsRegisters(kernel, choice.height, choice.width, choice.vectors))
      return std::nullopt;
    return TileCandidate{choice, std::nullopt, 0};
  }
  for (TileCandidate &candidate :
       listTileCandidates(nest, contraction, kernel, hasMatrixTiles))
    if (candidate.choice == choice)
      return candidate;
  return std::nullopt;
}

std::string mlir::qopt::describeContraction(const Nest &nest,
                                            const Contraction &c,
                                            const MicroKernel &kernel) {
  const Access &activations = nest.inputs[c.activations];
  std::string text;
  llvm::raw_string_ostream os(text);
  auto list = [&](StringRef name, ArrayRef<unsigned> loops) {
    if (loops.empty())
      return;
    os << " " << name << " ";
    llvm::interleave(
        loops, os,
        [&](unsigned loop) {
          os << nest.sizes[loop];
          if (activations.strides[loop] != 0)
            os << ":" << activations.strides[loop];
        },
        "x");
  };
  os << activations.element << " " << nest.inputs[c.weights].element << " "
     << nest.output.element << (c.isConstant ? "" : " packed at run time");
  list("batches", c.batches);
  list("rows", c.rows);
  os << " columns " << nest.sizes[c.column] << " run " << c.runLength;
  list("outer", c.outer);
  if (kernel.bound == WeightBound::Pairs)
    os << " paired weights";
  else if (kernel.bound == WeightBound::Symmetric)
    os << " symmetric weights";
  else if (kernel.bound == WeightBound::Nibbles)
    os << " weights of 4 bits";
  if (nest.epilogue)
    os << " epilogue of "
       << llvm::range_size(
              nest.epilogue->op->getRegion(0).front().without_terminator())
       << " on " << nest.epilogue->inputs.size();
  return text;
}

std::string mlir::qopt::describeTarget(const TargetInfo &target) {
  static constexpr StringLiteral kFeatures[] = {
      "amx-int8", "avx512vnni", "avx10.2", "avxvnniint8", "avxvnni",
      "avx512bw", "avx2",       "ssse3",   "i8mm",        "dotprod"};
  std::string text = target.cpu;
  for (StringRef feature : kFeatures)
    if (target.has(feature))
      text += ("+" + feature).str();
  return text;
}
