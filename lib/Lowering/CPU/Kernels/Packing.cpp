//===- Packing.cpp - Constant weights in the order of a tile --------------===//
//
// Weights are most of a model: packing reads and writes every byte once, in
// runs that compilers turn into vectors, straight into the blob that becomes a
// constant of the object file.
//
//===----------------------------------------------------------------------===//

#include "Contraction.h"

#include "mlir/IR/Threading.h"

using namespace mlir;
using namespace mlir::qopt;

namespace {
/// Columns of one panel and where their weights come from.
template <typename T>
struct Source {
  const T *data;
  int64_t columns;
  int64_t columnStride;
  /// Positions of a step of the reduction, in elements.
  ArrayRef<int64_t> run;
};
} // namespace

/// One whole group: kGroup products for each column.
template <typename T, int kGroup>
static void packGroup(const Source<T> &source, ArrayRef<int64_t> run, T *tile) {
  bool isContiguous = true;
  for (int i = 0; i < kGroup; ++i)
    isContiguous &= run[i] == run[0] + i;
  if (isContiguous && source.columnStride != 1) {
    const T *from = source.data + run[0];
    for (int64_t c = 0; c < source.columns; ++c)
      std::memcpy(tile + c * kGroup, from + c * source.columnStride,
                  kGroup * sizeof(T));
    return;
  }
  const T *from[kGroup];
  for (int i = 0; i < kGroup; ++i)
    from[i] = source.data + run[i];
  if (source.columnStride == 1) {
    for (int64_t c = 0; c < source.columns; ++c)
      for (int i = 0; i < kGroup; ++i)
        tile[c * kGroup + i] = from[i][c];
    return;
  }
  for (int64_t c = 0; c < source.columns; ++c)
    for (int i = 0; i < kGroup; ++i)
      tile[c * kGroup + i] = from[i][c * source.columnStride];
}

/// The groups [first, last) of one panel's run; `out` is where group 0 stands.
template <typename T>
static void packGroups(const Source<T> &source, unsigned group, int64_t width,
                       int64_t first, int64_t last, T *out) {
  for (int64_t g = first; g < last; ++g) {
    T *tile = out + g * width * group;
    ArrayRef<int64_t> run = source.run.drop_front(g * group).take_front(group);
    if (run.size() < group || source.columns < width)
      std::fill_n(tile, width * group, T(0));
    if (run.size() == group && group == 1)
      packGroup<T, 1>(source, run, tile);
    else if (run.size() == group && group == 2)
      packGroup<T, 2>(source, run, tile);
    else if (run.size() == group && group == 4)
      packGroup<T, 4>(source, run, tile);
    else if (run.size() == group && group == 8)
      packGroup<T, 8>(source, run, tile);
    else
      for (int64_t c = 0; c < source.columns; ++c)
        for (auto [i, offset] : llvm::enumerate(run))
          tile[c * group + i] = source.data[offset + c * source.columnStride];
  }
}

/// One run of one panel. Where columns lie far apart, a few columns at a time
/// take as much of the run as lies in one cache line.
template <typename T>
static void packRun(const Source<T> &source, unsigned group, int64_t width,
                    T *out) {
  const int64_t groups = llvm::divideCeil(source.run.size(), group);
  if (source.columnStride == 1 || source.columns < width)
    return packGroups(source, group, width, 0, groups, out);
  constexpr int64_t kColumns = 16;
  const int64_t some = std::max<int64_t>(1, 64 / (sizeof(T) * group));
  for (int64_t first = 0; first < groups; first += some) {
    const int64_t last = std::min(groups, first + some);
    for (int64_t c = 0; c < width; c += kColumns) {
      Source<T> part = source;
      part.data += c * source.columnStride;
      part.columns = std::min(kColumns, width - c);
      for (int64_t g = first; g < last; ++g) {
        // A group of part of the columns lies where the whole group has them.
        Source<T> step = part;
        step.run = source.run.drop_front(g * group);
        step.run = step.run.take_front(group);
        packGroups(step, group, part.columns, 0, 1,
                   out + (g * width + c) * group);
      }
    }
  }
}

/// Adds up each column of a packed panel.
static void sumColumns(ArrayRef<int8_t> packed, unsigned group, int64_t width,
                       int32_t *sums) {
  for (size_t at = 0; at < packed.size(); at += width * group)
    for (int64_t c = 0; c < width; ++c) {
      int32_t sum = 0;
      for (unsigned i = 0; i < group; ++i)
        sum += packed[at + c * group + i];
      sums[c] += sum;
    }
}

namespace {
/// Places in the packed weights that do not depend on each other.
struct Panel {
  int64_t source;
  int64_t packed;
  int64_t firstColumn;
  int64_t width;
  int64_t sums;
};
} // namespace

template <typename T>
static void packPanels(MLIRContext *context, const Nest &nest,
                       const Contraction &contraction, unsigned group,
                       int64_t groups, ArrayRef<T> from, bool isSplat,
                       ArrayRef<Panel> panels, MutableArrayRef<T> to,
                       std::vector<int32_t> &sums) {
  const Access &access = nest.inputs[contraction.weights];
  SmallVector<int64_t> outer =
      enumerateOffsets(nest, contraction.outer, access);
  SmallVector<int64_t> run = enumerateOffsets(nest, contraction.run, access);
  const int64_t runSize = groups * group;
  const int64_t filled = llvm::divideCeil(run.size(), group) * group;
  // A splat is one element read everywhere.
  if (isSplat) {
    outer.assign(outer.size(), 0);
    run.assign(run.size(), 0);
  }
  const int64_t stride = isSplat ? 0 : access.strides[contraction.column];
  parallelForEach(context, panels, [&](const Panel &panel) {
    Source<T> source;
    source.columns = std::clamp<int64_t>(
        nest.sizes[contraction.column] - panel.firstColumn, 0, panel.width);
    source.columnStride = stride;
    source.run = run;
    T *out = to.data() + panel.packed;
    const T *first = from.data() + (isSplat ? 0
                                            : access.offset + panel.source +
                                                  panel.firstColumn * stride);
    for (int64_t offset : outer) {
      source.data = first + offset;
      packRun(source, group, panel.width, out);
      std::fill_n(out + filled * panel.width, (runSize - filled) * panel.width,
                  T(0));
      out += runSize * panel.width;
    }
    if constexpr (sizeof(T) == 1)
      sumColumns(
          to.slice(panel.packed, int64_t(outer.size()) * runSize * panel.width),
          group, panel.width, &sums[panel.sums]);
  });
}

FailureOr<PackedWeights> mlir::qopt::packWeights(const Nest &nest,
                                                 const Contraction &contraction,
                                                 unsigned group, int64_t groups,
                                                 ArrayRef<int64_t> panels) {
  const Access &access = nest.inputs[contraction.weights];
  std::optional<ConstantBytes> bytes = getConstantBytes(access.buffer);
  if (!bytes)
    return failure();
  int64_t outerSize = 1;
  for (unsigned loop : contraction.outer)
    outerSize *= nest.sizes[loop];
  SmallVector<int64_t> batches =
      enumerateOffsets(nest, contraction.batches, access);

  PackedWeights packed;
  packed.paddedColumns =
      std::accumulate(panels.begin(), panels.end(), int64_t(0));
  packed.columnSize = outerSize * groups * group;
  packed.batchStride = packed.paddedColumns * packed.columnSize;
  packed.sums.assign(batches.size() * packed.paddedColumns, 0);
  std::vector<Panel> places;
  for (auto [batch, source] : llvm::enumerate(batches)) {
    int64_t column = 0;
    for (int64_t width : panels) {
      places.push_back(
          {source,
           int64_t(batch) * packed.batchStride + column * packed.columnSize,
           column, width, int64_t(batch) * packed.paddedColumns + column});
      column += width;
    }
  }
  const size_t count = packed.batchStride * batches.size();
  const size_t size = access.element.getIntOrFloatBitWidth() / 8;
  // A blob need not be aligned for its elements.
  std::vector<char> aligned;
  if (reinterpret_cast<uintptr_t>(bytes->data.data()) % size != 0) {
    aligned.assign(bytes->data.begin(), bytes->data.end());
    bytes->data = aligned;
  }
  packed.data = HeapAsmResourceBlob::allocate(count * size, /*align=*/64);
  MutableArrayRef<char> out = packed.data.getMutableData();
  MLIRContext *context = access.element.getContext();
  // Floats are moved as words: no bit of them changes.
  auto pack = [&](auto word) {
    using Word = decltype(word);
    packPanels<Word>(context, nest, contraction, group, groups,
                     {reinterpret_cast<const Word *>(bytes->data.data()),
                      bytes->data.size() / size},
                     bytes->isSplat, places,
                     {reinterpret_cast<Word *>(out.data()), count},
                     packed.sums);
  };
  if (size == 4)
    pack(int32_t());
  else if (size == 2)
    pack(int16_t());
  else
    pack(int8_t());
  return packed;
}
