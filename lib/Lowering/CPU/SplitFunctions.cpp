//===- SplitFunctions.cpp - Several functions instead of a long one -------===//
//
// Passes of LLVM take time that grows faster than the length of a function, and
// a model is one function. Runs of its top-level operations, kernels mostly,
// move into functions of their own, which are called one after another.
//
// Kernels meet in memory: in the arena, whose views each function makes again,
// and in the arguments of the model, which are handed on. A function ends only
// where no other value is alive.
//
//===----------------------------------------------------------------------===//

#include "Outlining.h"
#include "quantopt/Lowering/CPU/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_SPLITFUNCTIONS
#include "quantopt/Lowering/CPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {

/// Operations that a loop of an operation of linalg becomes, with the accesses
/// in it.
constexpr int64_t kOperationsOfLoop = 8;

/// How long `op` is once its loops are written out.
int64_t getLength(Operation *op) {
  int64_t length = 0;
  op->walk([&](Operation *nested) {
    ++length;
    if (auto linalg = dyn_cast<linalg::LinalgOp>(nested))
      length += kOperationsOfLoop * linalg.getNumLoops();
  });
  return length;
}

/// A top-level operation that stays in one piece.
struct Step {
  Operation *op;
  int64_t length;
  /// The last step that uses a value of this one.
  size_t lastUse;
};

using Piece = ArrayRef<Step>;

class Splitter {
public:
  Splitter(func::FuncOp func, SymbolTable &symbols)
      : func(func), symbols(symbols) {}

  /// Splits the function into parts of `part` operations if it has more than
  /// `longest`.
  void run(int64_t longest, int64_t part);

private:
  int64_t collectSteps();
  SmallVector<Piece> choosePieces(int64_t total, int64_t part);
  void outline(Piece piece, unsigned number);

  func::FuncOp func;
  SymbolTable &symbols;
  SmallVector<Step> steps;
};

/// Lists what is neither made again in each function nor the terminator, and
/// returns the sum of lengths.
int64_t Splitter::collectSteps() {
  Block &block = func.front();
  DenseMap<Operation *, size_t> numbers;
  int64_t total = 0;
  for (Operation &op : block.without_terminator()) {
    // What is computed from values of a step is part of one, too.
    bool isFree = isRepeatable(&op) &&
                  llvm::none_of(op.getOperands(), [&](Value operand) {
                    return numbers.contains(operand.getDefiningOp());
                  });
    if (isFree)
      continue;
    numbers[&op] = steps.size();
    steps.push_back({&op, getLength(&op), steps.size()});
    total += steps.back().length;
  }
  for (Step &step : steps)
    for (Operation *user : step.op->getUsers()) {
      auto it = numbers.find(block.findAncestorOpInBlock(*user));
      // The terminator comes after all of them.
      step.lastUse = std::max(step.lastUse,
                              it == numbers.end() ? steps.size() : it->second);
    }
  return total;
}

/// Cuts the steps into pieces of about equal length, each of which ends at the
/// first place where no value is alive. What is alive at the end of the
/// function keeps the last steps out of them.
SmallVector<Piece> Splitter::choosePieces(int64_t total, int64_t part) {
  int64_t enough = llvm::divideCeil(total, llvm::divideCeil(total, part));
  SmallVector<Piece> pieces;
  size_t begin = 0, alive = 0;
  int64_t length = 0;
  for (auto [index, step] : llvm::enumerate(steps)) {
    length += step.length;
    alive = std::max(alive, step.lastUse);
    bool isLast = index + 1 == steps.size();
    if ((length < enough && !isLast) || alive > index)
      continue;
    pieces.push_back(Piece(steps).slice(begin, index + 1 - begin));
    begin = index + 1;
    length = 0;
  }
  return pieces;
}

/// What the code generator is told about arguments: that no two overlap.
DictionaryAttr getLLVMAttributes(func::FuncOp func, unsigned argument) {
  NamedAttrList attributes;
  for (NamedAttribute attribute :
       cast<FunctionOpInterface>(*func).getArgAttrs(argument))
    if (isa_and_nonnull<LLVM::LLVMDialect>(attribute.getNameDialect()))
      attributes.append(attribute);
  return attributes.getDictionary(func.getContext());
}

/// Moves `piece` into a function behind the one that it is from.
void Splitter::outline(Piece piece, unsigned number) {
  Block &block = func.front();
  DenseSet<Operation *> inside;
  for (const Step &step : piece)
    inside.insert(step.op);
  auto forOutsideOperands = [&](function_ref<void(OpOperand &)> apply) {
    for (const Step &step : piece)
      step.op->walk([&](Operation *op) {
        for (OpOperand &operand : op->getOpOperands())
          if (operand.get().getParentBlock() == &block &&
              !inside.contains(operand.get().getDefiningOp()))
            apply(operand);
      });
  };
  OutsideValues outside;
  forOutsideOperands([&](OpOperand &operand) { outside.add(operand.get()); });

  Location loc = piece.front().op->getLoc();
  OpBuilder builder(piece.back().op);
  ArrayRef<Value> handed = outside.handed.getArrayRef();
  func::FuncOp function =
      createOutlined(symbols, func, "_part" + std::to_string(number), loc,
                     builder.getFunctionType(TypeRange(handed), {}));
  // As LLVM names it: func's own attribute is lost when it becomes LLVM's.
  function->setAttr("passthrough", builder.getStrArrayAttr({"noinline"}));
  builder.setInsertionPointAfter(piece.back().op);
  func::CallOp::create(builder, loc, function, handed);

  Block *body = function.addEntryBlock();
  IRMapping mapping;
  for (auto [value, argument] : llvm::zip(handed, body->getArguments())) {
    mapping.map(value, argument);
    // Values of steps are dead at both ends of a piece.
    function.setArgAttrs(
        argument.getArgNumber(),
        getLLVMAttributes(func, cast<BlockArgument>(value).getArgNumber()));
  }
  builder.setInsertionPointToStart(body);
  for (Operation *op : outside.repeated)
    builder.clone(*op, mapping);
  forOutsideOperands(
      [&](OpOperand &operand) { operand.set(mapping.lookup(operand.get())); });
  for (const Step &step : piece)
    step.op->moveBefore(body, body->end());
  builder.setInsertionPointToEnd(body);
  func::ReturnOp::create(builder, loc);
}

void Splitter::run(int64_t longest, int64_t part) {
  int64_t total = collectSteps();
  if (total <= longest)
    return;
  SmallVector<Piece> pieces = choosePieces(total, part);
  if (pieces.empty() || pieces.front().size() == steps.size())
    return;
  // Each goes right behind this function: the last one first.
  for (size_t number = pieces.size(); number-- > 0;)
    outline(pieces[number], number);
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(func.front())))
    if (isRepeatable(&op) && op.use_empty() &&
        !op.hasTrait<OpTrait::IsTerminator>())
      op.erase();
}

struct SplitFunctions : qopt::impl::SplitFunctionsBase<SplitFunctions> {
  using SplitFunctionsBase::SplitFunctionsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (longest < 1 || part < 1) {
      module.emitError("cannot split functions into parts of ")
          << std::min(longest.getValue(), part.getValue())
          << " operations: give at least one";
      return signalPassFailure();
    }
    SymbolTable symbols(module);
    for (auto func : llvm::to_vector(module.getOps<func::FuncOp>()))
      if (!func.isExternal() && func.getBody().hasOneBlock())
        Splitter(func, symbols).run(longest, std::min<int64_t>(longest, part));
  }
};

} // namespace
