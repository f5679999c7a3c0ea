//===- AssignNames.cpp - Stable names of values ---------------------------===//

#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Import/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_ASSIGNNAMES
#include "quantopt/Import/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

/// The innermost name that a frontend gave to `loc`.
static StringRef getLocationName(Location loc) {
  if (auto named = dyn_cast<NameLoc>(loc))
    return named.getName();
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      if (StringRef name = getLocationName(part); !name.empty())
        return name;
  return {};
}

static bool makesFloatTensor(Operation *op) {
  return llvm::any_of(op->getResultTypes(), [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && isa<FloatType>(tensor.getElementType());
  });
}

namespace {
struct AssignNames : qopt::impl::AssignNamesBase<AssignNames> {
  llvm::StringSet<> taken;
  llvm::StringMap<unsigned> nextNumber;

  /// `wish`, with the lowest number that makes it unique.
  StringAttr makeUnique(StringRef wish, bool alwaysNumber) {
    std::string name = wish.str();
    unsigned &number = nextNumber[wish];
    if (alwaysNumber)
      name = (wish + "_" + Twine(number++)).str();
    while (!taken.insert(name).second)
      name = (wish + "_" + Twine(number++)).str();
    return StringAttr::get(&getContext(), name);
  }

  void runOnOperation() override {
    taken.clear();
    nextNumber.clear();
    StringRef attrName = QOptDialect::getNameAttrName();
    // Names that exist stay, so they are reserved before new ones are made.
    getOperation()->walk([&](Operation *op) {
      if (auto name = op->getAttrOfType<StringAttr>(attrName))
        taken.insert(name.getValue());
      if (auto func = dyn_cast<func::FuncOp>(op))
        for (unsigned index = 0; index < func.getNumArguments(); ++index)
          if (auto name = func.getArgAttrOfType<StringAttr>(index, attrName))
            taken.insert(name.getValue());
    });
    getOperation()->walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (auto func = dyn_cast<func::FuncOp>(op)) {
        for (BlockArgument argument : func.getArguments()) {
          unsigned index = argument.getArgNumber();
          if (func.getArgAttr(index, attrName))
            continue;
          StringRef given = getLocationName(argument.getLoc());
          func.setArgAttr(index, attrName,
                          given.empty() ? makeUnique("input", true)
                                        : makeUnique(given, false));
        }
        return;
      }
      if (!makesFloatTensor(op) || op->hasAttr(attrName) ||
          op->hasTrait<OpTrait::ConstantLike>() ||
          op->getName().stripDialect() == "empty")
        return;
      StringRef given = getLocationName(op->getLoc());
      op->setAttr(attrName, given.empty()
                                ? makeUnique(op->getName().stripDialect(), true)
                                : makeUnique(given, false));
    });
  }
};
} // namespace
