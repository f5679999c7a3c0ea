//===- Coalesce.cpp - Constants in the order of threads -------------------===//
//
// The weights of a convolution lie channel by channel of the result, which is
// what neighbouring threads compute: a warp would read 32 sectors for 32
// elements, at one a cycle.
//
//===----------------------------------------------------------------------===//

#include "Coalesce.h"
#include "../../CPU/Kernels/Contraction.h"
#include "../../CPU/Kernels/Globals.h"
#include "PointKernel.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::qopt;

/// Sectors of a line of 128 bytes, which come together.
static constexpr int64_t kLine = 4;

/// Sectors that a warp reads of `access`, with neighbouring threads along
/// `loop`.
static int64_t countSectors(const Access &access, unsigned loop) {
  constexpr int64_t kWarp = 32, kSector = 32;
  const int64_t bytes = std::abs(access.strides[loop]) *
                        int64_t(access.element.getIntOrFloatBitWidth() / 8);
  return std::clamp<int64_t>(llvm::divideCeil(bytes * kWarp, kSector), 1,
                             kWarp);
}

double mlir::qopt::countLoadCycles(const Nest &nest) {
  const SmallVector<unsigned> loops = getThreadLoops(nest);
  double cycles = 0;
  for (const Access &input : nest.inputs) {
    if (!isa<BaseMemRefType>(input.buffer.getType()))
      continue;
    constexpr double kTogether = 1.5;
    const int64_t sectors =
        loops.empty() ? 1 : countSectors(input, loops.back());
    cycles += sectors <= kLine ? kTogether : double(sectors);
  }
  return cycles;
}

/// `access`, a constant, with the loops that move it in the order of `loops`,
/// the last one along memory.
static Access reorder(OpBuilder &builder, Location loc, const Nest &nest,
                      const Access &access, ConstantBytes bytes,
                      ArrayRef<unsigned> loops) {
  const int64_t size = access.element.getIntOrFloatBitWidth() / 8;
  const SmallVector<int64_t> offsets = enumerateOffsets(nest, loops, access);
  AsmResourceBlob blob = HeapAsmResourceBlob::allocate(
      offsets.size() * size, /*align=*/64, /*dataIsMutable=*/true);
  char *to = blob.getMutableData().data();
  for (int64_t offset : offsets) {
    std::memcpy(to, bytes.data.data() + (access.offset + offset) * size, size);
    to += size;
  }
  Access result = access;
  result.buffer = emitConstantData(builder, loc, "coalesced", access.element,
                                   std::move(blob));
  result.offset = 0;
  int64_t stride = 1;
  for (unsigned loop : llvm::reverse(loops)) {
    result.strides[loop] = stride;
    stride *= nest.sizes[loop];
  }
  return result;
}

void mlir::qopt::coalesceConstants(Nest &nest) {
  const SmallVector<unsigned> threads = getThreadLoops(nest);
  if (threads.empty())
    return;
  const unsigned fastest = threads.back();
  for (Access &input : nest.inputs) {
    if (!isa<BaseMemRefType>(input.buffer.getType()) ||
        countSectors(input, fastest) <= kLine)
      continue;
    std::optional<ConstantBytes> bytes = getConstantBytes(input.buffer);
    if (!bytes || bytes->isSplat)
      continue;
    SmallVector<unsigned> loops;
    int64_t points = 1;
    for (auto [loop, size] : llvm::enumerate(nest.sizes))
      if (size != 1 && input.strides[loop] != 0 && loop != fastest) {
        loops.push_back(loop);
        points *= size;
      }
    sortByStride(loops, input);
    loops.push_back(fastest);
    points *= nest.sizes[fastest];
    auto type = cast<MemRefType>(getRoot(input.buffer).getType());
    if (points > type.getNumElements())
      continue;
    OpBuilder builder(nest.getAnchor());
    input = reorder(builder, nest.main->getLoc(), nest, input, *bytes, loops);
  }
}
