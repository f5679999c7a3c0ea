//===- ParallelizeLoops.cpp - Loops on several threads --------------------===//
//
// A loop that is worth it moves into a function of its own, which runs a part
// of its iterations; the run-time library calls that function from several
// threads. What the loop uses from outside is either made again inside
// (constants, views of the arena, index arithmetic) or handed over in a
// structure on the stack.
//
// Which loops are worth it follows from an estimate of cycles: of nested loops
// it is the one, or the several, that make the whole cheapest.
//
//===----------------------------------------------------------------------===//

#include "Outlining.h"
#include "ParallelLoops.h"
#include "quantopt/Lowering/CPU/Passes.h"

#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_PARALLELIZELOOPS
#include "quantopt/Lowering/CPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {

constexpr StringLiteral kRuntimeFunction = "qopt_parallel_for";

//===----------------------------------------------------------------------===//
// What is worth it
//===----------------------------------------------------------------------===//

/// What a call costs: 0.3 us where workers wait busily, 8 us where they sleep,
/// which only the first loop of a run meets.
constexpr double kForkCycles = 8000;
/// Cycles of an operation on values, two of which issue at a time.
constexpr double kOpCycles = 0.5;
/// Bytes that a loop which computes little writes a cycle, with what it reads
/// for them: its operands are seldom in the first-level cache.
constexpr double kStoredBytes = 8;
constexpr double kDivisionCycles = 8;
constexpr double kFunctionCycles = 20;
/// A product of two tile registers.
constexpr double kTileCycles = 16;

std::optional<int64_t> getTripCount(scf::ForOp loop) {
  std::optional<int64_t> lower = getConstantIntValue(loop.getLowerBound());
  std::optional<int64_t> upper = getConstantIntValue(loop.getUpperBound());
  std::optional<int64_t> step = getConstantIntValue(loop.getStep());
  if (!lower || !upper || !step || *step <= 0)
    return std::nullopt;
  return *upper <= *lower ? 0 : llvm::divideCeil(*upper - *lower, *step);
}

/// The most that `value`, an index of at least zero, can be, where it follows
/// from constants: the last one of several chunks may be smaller.
std::optional<int64_t> getUpperBound(Value value) {
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return constant;
  Operation *op = value.getDefiningOp();
  if (!isa_and_nonnull<arith::MinUIOp, arith::MulIOp>(op))
    return std::nullopt;
  std::optional<int64_t> left = getUpperBound(op->getOperand(0));
  std::optional<int64_t> right = getUpperBound(op->getOperand(1));
  if (isa<arith::MinUIOp>(op))
    return left && right ? std::min(*left, *right) : left ? left : right;
  if (!left || !right)
    return std::nullopt;
  return *left * *right;
}

/// How often `loop` runs at most, as far as that follows from constants;
/// else 1.
int64_t estimateTrips(scf::ForOp loop) {
  if (std::optional<int64_t> trips = getTripCount(loop))
    return *trips;
  std::optional<int64_t> upper = getUpperBound(loop.getUpperBound());
  std::optional<int64_t> step = getConstantIntValue(loop.getStep());
  if (!upper || !step || *step <= 0 ||
      getConstantIntValue(loop.getLowerBound()) != 0)
    return 1;
  return llvm::divideCeil(*upper, *step);
}

/// The cheapest way to run each loop on a number of threads.
class CostModel {
public:
  explicit CostModel(int64_t threads) : threads(threads) {}

  /// Cycles of `op` on one thread.
  double serial(Operation *op);
  /// Cycles of all operations of `block`, with the loops in it that are worth
  /// it on several threads; those are appended to `chosen`.
  double parallel(Block &block, SmallVectorImpl<scf::ForOp> &chosen);

private:
  double serialBody(Operation *op) {
    double cycles = 0;
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (Operation &nested : block)
          cycles += serial(&nested);
    return cycles;
  }

  int64_t threads;
  DenseMap<Operation *, double> known;
};

double CostModel::serial(Operation *op) {
  if (op->getNumRegions() > 0) {
    auto [it, isNew] = known.try_emplace(op, 0);
    if (!isNew)
      return it->second;
    double cycles = serialBody(op);
    if (auto loop = dyn_cast<scf::ForOp>(op))
      cycles *= static_cast<double>(estimateTrips(loop));
    return known[op] = cycles;
  }
  // Places are computed beside the values, and constants outside of loops.
  bool isPlace = llvm::all_of(op->getResultTypes(), [](Type type) {
    return type.isIndex() || isa<BaseMemRefType>(type);
  });
  if (op->hasTrait<OpTrait::ConstantLike>() ||
      op->hasTrait<OpTrait::IsTerminator>() ||
      (isPlace && op->getNumResults() > 0))
    return 0;
  if (isa<math::MathDialect>(op->getDialect()))
    return kFunctionCycles;
  if (auto call = dyn_cast<LLVM::CallIntrinsicOp>(op))
    if (call.getIntrin().starts_with("llvm.x86.tdp"))
      return kTileCycles;
  if (auto store = dyn_cast<vector::StoreOp>(op)) {
    VectorType type = store.getVectorType();
    return static_cast<double>(type.getNumElements() *
                               type.getElementTypeBitWidth()) /
           (8 * kStoredBytes);
  }
  return isa<arith::DivFOp>(op) ? kDivisionCycles : kOpCycles;
}

double CostModel::parallel(Block &block, SmallVectorImpl<scf::ForOp> &chosen) {
  double cycles = 0;
  for (Operation &op : block) {
    auto loop = dyn_cast<scf::ForOp>(op);
    std::optional<int64_t> trips =
        loop ? getTripCount(loop) : std::optional<int64_t>();
    if (!trips) {
      cycles += serial(&op);
      continue;
    }
    // Nothing within a loop can gain more than the loop takes.
    double alone = serial(loop);
    if (alone * (1.0 - 1.0 / static_cast<double>(threads)) <= kForkCycles) {
      cycles += alone;
      continue;
    }
    SmallVector<scf::ForOp> inner;
    double best =
        parallel(*loop.getBody(), inner) * static_cast<double>(*trips);
    if (loop->hasAttr(kParallelAttrName) && *trips > 1) {
      double together =
          kForkCycles + serialBody(loop) * static_cast<double>(llvm::divideCeil(
                                               *trips, threads));
      if (together < best) {
        best = together;
        inner = {loop};
      }
    }
    chosen.append(inner);
    cycles += best;
  }
  return cycles;
}

//===----------------------------------------------------------------------===//
// Independence
//===----------------------------------------------------------------------===//

/// Whether `value` is computed from `source`.
bool dependsOn(Value value, Value source, DenseSet<Value> &seen) {
  if (value == source)
    return true;
  if (!seen.insert(value).second)
    return false;
  Operation *op = value.getDefiningOp();
  return op && llvm::any_of(op->getOperands(), [&](Value operand) {
           return dependsOn(operand, source, seen);
         });
}

/// Whether each iteration stores to a place that follows from its number. An
/// emitter that marks a loop in which iterations share a buffer is caught here.
bool storesApart(scf::ForOp loop) {
  WalkResult walk = loop.getBody()->walk([&](Operation *op) {
    ValueRange place;
    if (auto store = dyn_cast<memref::StoreOp>(op))
      place = store.getIndices();
    else if (auto store = dyn_cast<vector::StoreOp>(op))
      place = store.getIndices();
    else if (auto store = dyn_cast<vector::MaskedStoreOp>(op))
      place = store.getIndices();
    else if (op->getNumRegions() == 0 && !isMemoryEffectFree(op) &&
             !hasEffect<MemoryEffects::Read>(op) &&
             !isa<LLVM::CallIntrinsicOp, memref::PrefetchOp>(op))
      return WalkResult::interrupt();
    else
      return WalkResult::advance();
    return llvm::any_of(place,
                        [&](Value index) {
                          DenseSet<Value> seen;
                          return dependsOn(index, loop.getInductionVar(), seen);
                        })
               ? WalkResult::advance()
               : WalkResult::interrupt();
  });
  return !walk.wasInterrupted();
}

//===----------------------------------------------------------------------===//
// Outlining
//===----------------------------------------------------------------------===//

class Outliner {
public:
  Outliner(ModuleOp module, int64_t threads)
      : module(module), symbols(module), context(module.getContext()),
        pointer(LLVM::LLVMPointerType::get(context)), threads(threads),
        converter(context, getConverterOptions(context)) {}

  /// Replaces `loop` by a call that runs its iterations on several threads.
  /// Returns false, and changes nothing, where it uses a value that cannot be
  /// handed over.
  bool outline(scf::ForOp loop);

private:
  static LowerToLLVMOptions getConverterOptions(MLIRContext *context) {
    LowerToLLVMOptions options(context);
    options.useBarePtrCallConv = true;
    return options;
  }

  Type getFieldType(Value value);
  func::FuncOp createFunction(scf::ForOp loop, ArrayRef<Operation *> repeated,
                              ArrayRef<Value> handed, Type structure);
  Value pack(OpBuilder &builder, Location loc, Value value);
  Value unpack(OpBuilder &builder, Location loc, Value field, Type type);
  Value fieldOf(OpBuilder &builder, Location loc, Type structure, Value base,
                int32_t index);
  func::FuncOp getRuntimeFunction();

  ModuleOp module;
  SymbolTable symbols;
  MLIRContext *context;
  LLVM::LLVMPointerType pointer;
  int64_t threads;
  LLVMTypeConverter converter;
};

/// How a value lies in the structure; null for what cannot.
Type Outliner::getFieldType(Value value) {
  Type type = value.getType();
  if (type.isIndex())
    return IntegerType::get(context, 64);
  if (auto memref = dyn_cast<MemRefType>(type)) {
    SmallVector<int64_t> strides;
    int64_t offset = 0;
    bool isStatic = memref.hasStaticShape() &&
                    succeeded(memref.getStridesAndOffset(strides, offset)) &&
                    !ShapedType::isDynamic(offset) &&
                    llvm::none_of(strides, ShapedType::isDynamic);
    return isStatic ? Type(pointer) : Type();
  }
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.getRank() == 1 && !vector.isScalable() ? type : Type();
  return type.isIntOrFloat() || isa<LLVM::LLVMPointerType>(type) ? type
                                                                 : Type();
}

Value Outliner::fieldOf(OpBuilder &builder, Location loc, Type structure,
                        Value base, int32_t index) {
  return LLVM::GEPOp::create(builder, loc, pointer, structure, base,
                             ArrayRef<LLVM::GEPArg>{0, index});
}

Value Outliner::pack(OpBuilder &builder, Location loc, Value value) {
  Type i64 = builder.getI64Type();
  if (value.getType().isIndex())
    return arith::IndexCastOp::create(builder, loc, i64, value);
  if (!isa<MemRefType>(value.getType()))
    return value;
  Value address =
      memref::ExtractAlignedPointerAsIndexOp::create(builder, loc, value);
  address = arith::IndexCastOp::create(builder, loc, i64, address);
  return LLVM::IntToPtrOp::create(builder, loc, pointer, address);
}

Value Outliner::unpack(OpBuilder &builder, Location loc, Value field,
                       Type type) {
  if (type.isIndex())
    return arith::IndexCastOp::create(builder, loc, type, field);
  auto memref = dyn_cast<MemRefType>(type);
  if (!memref)
    return field;
  Value descriptor =
      MemRefDescriptor::fromStaticShape(builder, loc, converter, memref, field);
  return UnrealizedConversionCastOp::create(builder, loc, type, descriptor)
      .getResult(0);
}

/// `void f(ptr context, i64 begin, i64 end)`: some iterations of `loop`.
func::FuncOp Outliner::createFunction(scf::ForOp loop,
                                      ArrayRef<Operation *> repeated,
                                      ArrayRef<Value> handed, Type structure) {
  Location loc = loop.getLoc();
  OpBuilder b(context);
  Type i64 = b.getI64Type();
  auto parent = loop->getParentOfType<func::FuncOp>();
  func::FuncOp function =
      createOutlined(symbols, parent, "_loop", loc,
                     b.getFunctionType({pointer, i64, i64}, {}));

  Block *entry = function.addEntryBlock();
  b.setInsertionPointToStart(entry);
  IRMapping mapping;
  for (auto [index, value] : llvm::enumerate(handed)) {
    Value place = fieldOf(b, loc, structure, entry->getArgument(0), index);
    Value field = LLVM::LoadOp::create(b, loc, getFieldType(value), place);
    mapping.map(value, unpack(b, loc, field, value.getType()));
  }
  for (Operation *op : repeated)
    b.clone(*op, mapping);

  int64_t lower = *getConstantIntValue(loop.getLowerBound());
  int64_t step = *getConstantIntValue(loop.getStep());
  Value lowerValue = arith::ConstantIndexOp::create(b, loc, lower);
  Value stepValue = arith::ConstantIndexOp::create(b, loc, step);
  auto boundOf = [&](Value iteration) -> Value {
    Value index =
        arith::IndexCastOp::create(b, loc, b.getIndexType(), iteration);
    index = arith::MulIOp::create(b, loc, index, stepValue);
    return arith::AddIOp::create(b, loc, index, lowerValue);
  };
  Value begin = boundOf(entry->getArgument(1));
  Value end = boundOf(entry->getArgument(2));
  auto part = scf::ForOp::create(b, loc, begin, end, stepValue);
  mapping.map(loop.getInductionVar(), part.getInductionVar());
  func::ReturnOp::create(b, loc);
  b.setInsertionPointToStart(part.getBody());
  for (Operation &op : loop.getBody()->without_terminator())
    b.clone(op, mapping);
  return function;
}

func::FuncOp Outliner::getRuntimeFunction() {
  if (auto known = symbols.lookup<func::FuncOp>(kRuntimeFunction))
    return known;
  OpBuilder b(context);
  Type i64 = b.getI64Type();
  auto function =
      func::FuncOp::create(b, module.getLoc(), kRuntimeFunction,
                           b.getFunctionType({pointer, pointer, i64, i64}, {}));
  function.setPrivate();
  symbols.insert(function, module.getBody()->begin());
  return function;
}

bool Outliner::outline(scf::ForOp loop) {
  SetVector<Value> used;
  getUsedValuesDefinedAbove(loop.getRegion(), used);
  OutsideValues outside;
  for (Value value : used)
    outside.add(value);
  SmallVector<Type> fields;
  for (Value value : outside.handed) {
    fields.push_back(getFieldType(value));
    if (!fields.back())
      return false;
  }
  auto structure = LLVM::LLVMStructType::getLiteral(context, fields);
  func::FuncOp function =
      createFunction(loop, outside.repeated.getArrayRef(),
                     outside.handed.getArrayRef(), structure);
  func::FuncOp runtime = getRuntimeFunction();

  // On the stack of the function, once: a loop around must not make it grow.
  Location loc = loop.getLoc();
  auto parent = loop->getParentOfType<func::FuncOp>();
  OpBuilder b = OpBuilder::atBlockBegin(&parent.front());
  Value one = LLVM::ConstantOp::create(b, loc, b.getI64Type(), 1);
  Value base = LLVM::AllocaOp::create(b, loc, pointer, structure, one, 64);
  b.setInsertionPoint(loop);
  for (auto [index, value] : llvm::enumerate(outside.handed))
    LLVM::StoreOp::create(b, loc, pack(b, loc, value),
                          fieldOf(b, loc, structure, base, index));
  Value callee = func::ConstantOp::create(b, loc, function.getFunctionType(),
                                          function.getName());
  callee =
      UnrealizedConversionCastOp::create(b, loc, pointer, callee).getResult(0);
  Value count = arith::ConstantIntOp::create(b, loc, *getTripCount(loop), 64);
  Value number = arith::ConstantIntOp::create(b, loc, threads, 64);
  func::CallOp::create(b, loc, runtime,
                       ValueRange{callee, base, count, number});
  loop.erase();
  return true;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

struct ParallelizeLoops : qopt::impl::ParallelizeLoopsBase<ParallelizeLoops> {
  using ParallelizeLoopsBase::ParallelizeLoopsBase;

  void runOnOperation() override;

private:
  /// Takes the mark off loops that it does not belong to.
  LogicalResult check();
};

LogicalResult ParallelizeLoops::check() {
  WalkResult walk = getOperation().walk([](Operation *op) {
    if (!op->hasAttr(kParallelAttrName))
      return WalkResult::advance();
    auto loop = dyn_cast<scf::ForOp>(op);
    if (!loop || loop.getNumResults() > 0) {
      op->emitOpError("is marked 'qopt.parallel', but ")
          << (loop ? "carries values from one iteration to the next"
                   : "is no scf.for");
      return WalkResult::interrupt();
    }
    if (!storesApart(loop))
      loop->removeAttr(kParallelAttrName);
    return WalkResult::advance();
  });
  return failure(walk.wasInterrupted());
}

void ParallelizeLoops::runOnOperation() {
  ModuleOp module = getOperation();
  if (threads < 1) {
    module.emitError("cannot run on ")
        << threads.getValue() << " threads: give at least one";
    return signalPassFailure();
  }
  if (threads == 1)
    return;
  if (failed(check()))
    return signalPassFailure();
  Outliner outliner(module, threads);
  for (auto func : llvm::to_vector(module.getOps<func::FuncOp>())) {
    if (func.isExternal())
      continue;
    SmallVector<scf::ForOp> chosen;
    CostModel model(threads);
    for (Block &block : func.getBody())
      model.parallel(block, chosen);
    for (scf::ForOp loop : chosen)
      (void)outliner.outline(loop);
  }
}

} // namespace
