//===- FillLanes.cpp - Channels of several points as lanes ----------------===//

#include "FillLanes.h"
#include "Contraction.h"
#include "Globals.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::qopt;

/// The share of lanes that do something must grow by this much.
static constexpr double kGain = 1.15;

/// The share of lanes that do something, of `size` in vectors of `lanes`.
static double getShare(int64_t size, int64_t lanes) {
  return double(size) / double(llvm::divideCeil(size, lanes) * lanes);
}

/// What a kernel reads and writes: all but an accumulator that stays in
/// registers, from its initial value to what reads it.
static SmallVector<Access *> getUsed(Nest &nest) {
  SmallVector<Access *> used = nest.getAccesses();
  if (nest.init && nest.epilogue)
    llvm::erase(used, &nest.accumulator);
  return used;
}

/// Whether `access` is a constant of the channels alone.
static bool isRepeated(const Access &access, unsigned lane, unsigned point) {
  return access.terms.empty() && isa<MemRefType>(access.buffer.getType()) &&
         access.strides[point] == 0 && access.strides[lane] != 0 &&
         getConstantBytes(access.buffer);
}

/// Whether the points of loop `point` lie behind each other, `lane` by `lane`,
/// wherever `nest` reads or writes.
static bool canJoin(Nest &nest, unsigned lane, unsigned point) {
  const int64_t size = nest.sizes[lane];
  return llvm::all_of(getUsed(nest), [&](Access *access) {
    const int64_t stride = access->strides[lane], step = access->strides[point];
    if (hasTermsAlong(nest, *access, point))
      return false;
    return (stride == 0 && step == 0) || (stride == 1 && step == size) ||
           isRepeated(*access, lane, point);
  });
}

/// How many points fill the lanes best; 1 where that is not worth it.
static int64_t choosePoints(int64_t size, int64_t points, int64_t lanes) {
  int64_t best = 1;
  double share = getShare(size, lanes) * kGain;
  for (int64_t count = 2; count <= std::min(points, lanes); ++count)
    if (points % count == 0 && getShare(size * count, lanes) > share) {
      best = count;
      share = getShare(size * count, lanes);
    }
  return best;
}

void mlir::qopt::storeAlongLanes(OpBuilder &builder, const Nest &nest,
                                 Access &access, unsigned lane, int64_t times,
                                 StringRef name) {
  ConstantBytes bytes = *getConstantBytes(access.buffer);
  const int64_t size = access.element.getIntOrFloatBitWidth() / 8;
  SmallVector<unsigned> loops;
  for (unsigned loop = 0, e = nest.sizes.size(); loop < e; ++loop)
    if (loop != lane && nest.sizes[loop] != 1 && access.strides[loop] != 0)
      loops.push_back(loop);
  const SmallVector<int64_t> offsets = enumerateOffsets(nest, loops, access);
  const int64_t run = nest.sizes[lane];
  std::vector<char> data;
  data.reserve(offsets.size() * times * run * size);
  for (int64_t offset : offsets)
    for (int64_t i = 0; i < times * run; ++i) {
      const int64_t element =
          bytes.isSplat
              ? 0
              : access.offset + offset + (i % run) * access.strides[lane];
      const char *from = bytes.data.data() + element * size;
      data.insert(data.end(), from, from + size);
    }
  access.buffer = emitConstantData(builder, nest.main->getLoc(), name,
                                   access.element, data);
  access.offset = 0;
  access.strides.assign(nest.sizes.size(), 0);
  access.strides[lane] = 1;
  int64_t stride = times * run;
  for (unsigned loop : llvm::reverse(loops)) {
    access.strides[loop] = stride;
    stride *= nest.sizes[loop];
  }
}

void mlir::qopt::fillLanes(OpBuilder &builder, Nest &nest, unsigned lane,
                           int64_t lanes) {
  if (nest.output.strides[lane] != 1 ||
      (nest.epilogue && nest.epilogue->combines))
    return;
  std::optional<unsigned> point;
  for (unsigned loop = 0, e = nest.sizes.size(); loop < e && !point; ++loop)
    if (loop != lane && !nest.isReduction[loop] && nest.sizes[loop] != 1 &&
        canJoin(nest, lane, loop))
      point = loop;
  if (!point)
    return;
  const int64_t count =
      choosePoints(nest.sizes[lane], nest.sizes[*point], lanes);
  if (count == 1)
    return;
  for (Access *access : getUsed(nest))
    if (isRepeated(*access, lane, *point))
      storeAlongLanes(builder, nest, *access, lane, count, "qopt_repeated");

  // The points that are left are a loop of their own.
  SmallVector<Access *> all = nest.getAccesses();
  for (std::optional<Stage> *stage : {&nest.init, &nest.epilogue})
    if (*stage && (*stage)->accumulator >= 0)
      all.push_back(&(*stage)->inputs[(*stage)->accumulator]);
  for (Access *access : all) {
    access->strides.push_back(access->strides[*point] * count);
    access->strides[*point] = 0;
  }
  nest.sizes.push_back(nest.sizes[*point] / count);
  nest.isReduction.push_back(false);
  nest.sizes[*point] = 1;
  nest.sizes[lane] *= count;
  mergeLoops(nest);
}
