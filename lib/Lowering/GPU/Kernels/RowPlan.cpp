//===- RowPlan.cpp - Which operations one block computes by rows ----------===//

#include "Coalesce.h"
#include "PointKernel.h"
#include "RowKernel.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::qopt;

namespace {
// What of a GPU the model knows, as for tiles of products: cycles of a launch,
// of a step of a thread around its operations, of each of those, of a term
// that comes from the second cache, of which a thread has a few on their way,
// and of putting parts together. Loads of many warps take turns.
constexpr int64_t kThreadsOfOne = 2048;
constexpr double kLaunchCycles = 2200, kStepCycles = 600, kOperationCycles = 4,
                 kTermCycles = 60, kPartCycles = 150;
/// Nests that are asked for how many rows there could be.
constexpr size_t kLookahead = 8;
} // namespace

static int64_t countOperations(const std::optional<Stage> &stage) {
  if (!stage)
    return 0;
  linalg::GenericOp op = stage->op;
  return op.getBody()->getOperations().size();
}

int64_t RowNest::countThreads(int64_t rows) const {
  return mlir::qopt::countThreads(nest) / rows;
}

int64_t RowNest::getParts(int64_t rows, int64_t threads) const {
  const int64_t room = std::max<int64_t>(threads / countThreads(rows), 1);
  return std::min(getMostParts(nest), int64_t(llvm::bit_floor(uint64_t(room))));
}

/// Cycles of one thread for one element, or one of `parts` of it, while `warps`
/// of a multiprocessor do the same.
static double estimateStep(const Nest &nest, int64_t parts, double warps) {
  linalg::GenericOp main = nest.main;
  int64_t terms = 1;
  for (auto [size, isReduction] : llvm::zip(nest.sizes, nest.isReduction))
    terms *= isReduction ? size : 1;
  terms = llvm::divideCeil(terms, getLanes(nest) * parts);
  const int64_t operations =
      terms * (main.getBody()->getOperations().size() + 2) +
      countOperations(nest.init) + countOperations(nest.epilogue);
  const double term = std::max(kTermCycles, warps * countLoadCycles(nest));
  return kStepCycles + kOperationCycles * operations + term * terms +
         (parts > 1 ? kPartCycles + kOperationCycles * parts : 0);
}

static double estimateAlone(const RowCandidate &candidate) {
  if (!candidate.nest)
    return kLaunchCycles;
  if (candidate.cycles)
    return kLaunchCycles + *candidate.cycles;
  const int64_t threads = countThreads(*candidate.nest);
  const int64_t waves =
      llvm::divideCeil(threads, kMultiprocessors * kThreadsOfOne);
  const double warps = double(threads) / (32 * kMultiprocessors * waves);
  return kLaunchCycles + waves * estimateStep(*candidate.nest, 1, warps);
}

//===----------------------------------------------------------------------===//
// Rows of a nest
//===----------------------------------------------------------------------===//

/// `nest` with `rows` of its points as rows: those of the outermost loops along
/// `order`, of which one may be split in two.
static std::optional<RowNest> splitRows(const Nest &nest, const Access &order,
                                        int64_t rows) {
  RowNest result{nest, {}};
  Nest &split = result.nest;
  SmallVector<unsigned> loops = getThreadLoops(nest);
  sortByStride(loops, order);
  for (unsigned loop : loops) {
    if (rows == 1)
      break;
    const int64_t size = split.sizes[loop];
    if (rows % size == 0) {
      result.rowLoops.push_back(loop);
      rows /= size;
      continue;
    }
    if (size % rows != 0)
      return std::nullopt;
    const int64_t inner = size / rows;
    for (Access *access : split.getAccesses())
      access->strides.push_back(access->strides[loop] * inner);
    split.sizes[loop] = inner;
    result.rowLoops.push_back(split.sizes.size());
    split.sizes.push_back(rows);
    split.isReduction.push_back(false);
    rows = 1;
  }
  if (rows != 1)
    return std::nullopt;
  return result;
}

/// The elements of a row where `access` keeps within those of its own row.
static std::optional<int64_t> getRowSize(const RowNest &nest,
                                         const Access &access) {
  const int64_t size = access.strides[nest.rowLoops.back()];
  int64_t stride = size;
  for (unsigned loop : llvm::reverse(nest.rowLoops)) {
    if (access.strides[loop] != stride)
      return std::nullopt;
    stride *= nest.nest.sizes[loop];
  }
  int64_t least = access.offset, most = access.offset;
  for (auto [loop, step] : llvm::enumerate(access.strides)) {
    if (llvm::is_contained(nest.rowLoops, loop))
      continue;
    const int64_t span = (nest.nest.sizes[loop] - 1) * step;
    (span < 0 ? least : most) += span;
  }
  if (least < 0 || most >= size)
    return std::nullopt;
  return size;
}

namespace {
/// Nests that may stand in one kernel, with what is known of their buffers.
class Group {
public:
  explicit Group(int64_t rows) : rows(rows) {}

  /// Adds `nest`. Returns whether rows stay apart.
  bool add(const Nest &nest);
  /// Threads of a block: as many as the longest row has elements, but few
  /// enough for several blocks on a multiprocessor where there are that many
  /// rows.
  int64_t chooseThreads() const;
  double estimateCycles() const;

  std::vector<RowNest> nests;

private:
  const int64_t rows;
  /// What nests do with a buffer.
  struct Use {
    int64_t nests = 0;
    bool isWritten = false;
    /// The size of a row, the same for all accesses; none: they differ, or
    /// leave their row.
    std::optional<int64_t> size;
  };
  DenseMap<Value, Use> uses;
  int64_t longest = 1;
  /// Cycles of a row for each number of threads, 32 times a power of two.
  std::array<double, 6> cycles{};
};
} // namespace

/// Blocks of `threads` that a multiprocessor has at a time.
static int64_t getResidentBlocks(int64_t threads) {
  return std::min<int64_t>(kThreadsOfOne / threads, 16);
}

bool Group::add(const Nest &nest) {
  // Rows are those of what an earlier nest has written, where it reads that.
  const Access *order = &nest.output;
  for (const Access &input : nest.inputs) {
    auto found = uses.find(getRoot(input.buffer));
    if (found != uses.end() && found->second.isWritten &&
        !input.isInvariant()) {
      order = &input;
      break;
    }
  }
  std::optional<RowNest> split = splitRows(nest, *order, rows);
  if (!split)
    return false;
  llvm::SmallDenseMap<Value, std::optional<int64_t>, 8> sizes;
  for (Access *access : split->nest.getAccesses()) {
    if (!isa<BaseMemRefType>(access->buffer.getType()))
      continue;
    const std::optional<int64_t> size =
        rows == 1 ? 0 : getRowSize(*split, *access);
    auto [entry, isNew] = sizes.insert({getRoot(access->buffer), size});
    if (!isNew && entry->second != size)
      entry->second = std::nullopt;
  }
  for (auto [root, size] : sizes) {
    Use &use = uses[root];
    use.size = use.nests++ == 0 || use.size == size ? size : std::nullopt;
    use.isWritten |= root == getRoot(nest.output.buffer);
    if (use.isWritten && use.nests > 1 && !use.size)
      return false;
  }
  const int64_t points = split->countThreads(rows);
  longest = std::max(longest, points * getMostParts(nest));
  for (auto [power, sum] : llvm::enumerate(cycles)) {
    const int64_t threads = int64_t(32) << power;
    const int64_t parts = split->getParts(rows, threads);
    const int64_t blocks =
        std::min(getResidentBlocks(threads),
                 int64_t(llvm::divideCeil(rows, kMultiprocessors)));
    const double warps =
        double(blocks * std::min(points * parts, threads)) / 32;
    sum += double(llvm::divideCeil(points, threads)) *
           estimateStep(nest, parts, warps);
  }
  nests.push_back(std::move(*split));
  return true;
}

int64_t Group::chooseThreads() const {
  return std::clamp<int64_t>(llvm::PowerOf2Ceil(longest), 32,
                             rows > kMultiprocessors ? 256 : 1024);
}

double Group::estimateCycles() const {
  const int64_t threads = chooseThreads();
  const int64_t waves =
      llvm::divideCeil(rows, kMultiprocessors * getResidentBlocks(threads));
  return kLaunchCycles + waves * cycles[llvm::Log2_64(threads / 32)];
}

//===----------------------------------------------------------------------===//
// The plan
//===----------------------------------------------------------------------===//

/// How many rows there could be: the points of the outer loops of one of the
/// first nests.
static SmallVector<int64_t> listRowCounts(ArrayRef<RowCandidate> candidates) {
  SmallVector<int64_t> counts = {1};
  for (const RowCandidate &candidate :
       candidates.take_front(std::min(candidates.size(), kLookahead))) {
    if (!candidate.nest)
      break;
    int64_t count = 1;
    for (unsigned loop : getThreadLoops(*candidate.nest)) {
      count *= candidate.nest->sizes[loop];
      counts.push_back(count);
    }
  }
  llvm::sort(counts);
  counts.erase(llvm::unique(counts), counts.end());
  return counts;
}

SmallVector<RowChoice>
mlir::qopt::chooseRows(ArrayRef<RowCandidate> candidates) {
  // From the last one on: what is cheapest from a candidate to the end.
  const size_t count = candidates.size();
  std::vector<double> cheapest(count + 1, 0);
  SmallVector<RowChoice> choices(count, RowChoice{1, 0});
  for (size_t first = count; first-- > 0;) {
    cheapest[first] = estimateAlone(candidates[first]) + cheapest[first + 1];
    ArrayRef<RowCandidate> rest = candidates.drop_front(first);
    rest = rest.take_front(std::min(rest.size(), kMostOfRow));
    if (!rest.front().nest)
      continue;
    for (int64_t rows : listRowCounts(rest)) {
      Group group(rows);
      for (const RowCandidate &candidate : rest) {
        if (!candidate.nest || !group.add(*candidate.nest))
          break;
        const size_t length = group.nests.size();
        const double cycles = group.estimateCycles() + cheapest[first + length];
        if (cycles >= cheapest[first])
          continue;
        cheapest[first] = cycles;
        choices[first] = {length, rows};
      }
    }
  }
  return choices;
}

RowPlan mlir::qopt::planRows(ArrayRef<RowCandidate> candidates,
                             const RowChoice &choice) {
  Group group(choice.rows);
  for (const RowCandidate &candidate : candidates.take_front(choice.count))
    (void)group.add(*candidate.nest);
  const int64_t threads = group.chooseThreads();
  return {std::move(group.nests), choice.rows, threads};
}
