//===- TileCandidates.h - Ways to cut a contraction -------------*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_KERNELS_TILECANDIDATES_H
#define QUANTOPT_LIB_LOWERING_CPU_KERNELS_TILECANDIDATES_H

#include "MatrixPlan.h"

namespace mlir::qopt {

/// A tile, and its plan where it is one of tile registers.
struct TileCandidate {
  quantopt::TileChoice choice;
  std::optional<MatrixPlan> plan;
  /// What a model of the core says.
  double cycles;
};

/// The candidates for `contraction`, at most ten, the one that should be
/// fastest first.
SmallVector<TileCandidate> listTileCandidates(const Nest &nest,
                                              const Contraction &contraction,
                                              const MicroKernel &kernel,
                                              bool hasMatrixTiles);

/// `choice` as a candidate, if it can be one: tables may have been written by
/// hand or by another version.
std::optional<TileCandidate> findTile(const Nest &nest,
                                      const Contraction &contraction,
                                      const MicroKernel &kernel,
                                      bool hasMatrixTiles,
                                      const quantopt::TileChoice &choice);

/// All that decides which tile is fastest, in one line: trip counts, distances
/// and element types of activations and results, and what the step demands of
/// weights. The same for the same layer
/// in any model.
std::string describeContraction(const Nest &nest,
                                const Contraction &contraction,
                                const MicroKernel &kernel);

/// "znver5" or another processor, with which of the features that kernels ask
/// for it has.
std::string describeTarget(const TargetInfo &target);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_TILECANDIDATES_H
