//===- Work.cpp - What an operation costs, and where it comes from --------===//

#include "Work.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::qopt;

/// Whether the body adds a product to what it accumulates.
static bool addsProducts(Block &body) {
  Operation *add = body.getTerminator()->getOperand(0).getDefiningOp();
  if (auto fma = dyn_cast_or_null<math::FmaOp>(add))
    return fma.getC() == body.getArguments().back();
  if (!isa_and_nonnull<arith::AddFOp, arith::AddIOp>(add))
    return false;
  Value accumulator = body.getArguments().back();
  for (auto [own, other] : {std::pair(0, 1), std::pair(1, 0)})
    if (add->getOperand(own) == accumulator &&
        isa_and_nonnull<arith::MulFOp, arith::MulIOp>(
            add->getOperand(other).getDefiningOp()))
      return true;
  return false;
}

static int64_t countPoints(linalg::LinalgOp op) {
  int64_t points = 1;
  for (int64_t size : op.getStaticLoopRanges())
    points *= ShapedType::isDynamic(size) ? 1 : size;
  return points;
}

Work mlir::qopt::getWork(ArrayRef<linalg::LinalgOp> ops, Value inner) {
  Work work;
  llvm::SmallSetVector<Value, 8> buffers;
  for (linalg::LinalgOp op : ops) {
    Block *body = op.getBlock();
    if (op.getNumReductionLoops() > 0 &&
        body->getTerminator()->getNumOperands() == 1 && addsProducts(*body))
      work.macs += countPoints(op);
    for (OpOperand &operand : op->getOpOperands())
      if (operand.get() != inner)
        buffers.insert(operand.get());
  }
  for (Value buffer : buffers) {
    auto type = dyn_cast<MemRefType>(buffer.getType());
    if (!type || !type.hasStaticShape() ||
        !type.getElementType().isIntOrFloat())
      continue;
    work.bytes += type.getNumElements() *
                  llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  }
  return work;
}

std::string mlir::qopt::getLabel(Operation *op) {
  std::string label = op->getName().getStringRef().str();
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic)
    return label;
  constexpr size_t kMaximalNames = 3;
  llvm::SmallSetVector<StringRef, 4> names;
  for (Operation &nested : generic.getBody()->without_terminator())
    if (!nested.hasTrait<OpTrait::ConstantLike>() &&
        !isa<CastOpInterface>(nested))
      names.insert(nested.getName().stripDialect());
  if (names.empty())
    return label;
  bool isCut = names.size() > kMaximalNames;
  return label + "(" +
         llvm::join(ArrayRef(names.getArrayRef()).take_front(kMaximalNames),
                    ", ") +
         (isCut ? ", ...)" : ")");
}

Location mlir::qopt::recordOrigin(Operation *op) {
  Builder builder(op->getContext());
  SmallVector<NamedAttribute> fields = {
      {"op", builder.getStringAttr(getLabel(op))}};
  if (auto name = op->getAttrOfType<StringAttr>("qopt.name"))
    fields.emplace_back("name", name);
  return FusedLoc::get(op->getContext(), {op->getLoc()},
                       builder.getDictionaryAttr(fields));
}

/// The first place behind `loc`.
static std::string getPlace(Location loc) {
  if (auto file = dyn_cast<FileLineColLoc>(loc))
    return (file.getFilename().getValue() + ":" + Twine(file.getLine()) + ":" +
            Twine(file.getColumn()))
        .str();
  if (auto call = dyn_cast<CallSiteLoc>(loc))
    return getPlace(call.getCallee());
  if (auto named = dyn_cast<NameLoc>(loc)) {
    std::string inner = getPlace(named.getChildLoc());
    return inner.empty() ? named.getName().str()
                         : named.getName().str() + " (" + inner + ")";
  }
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      if (std::string place = getPlace(part); !place.empty())
        return place;
  return {};
}

SmallVector<Origin> mlir::qopt::getOrigins(Location loc) {
  auto fused = dyn_cast<FusedLoc>(loc);
  if (!fused)
    return {{"", "", getPlace(loc)}};
  if (auto recorded = dyn_cast_or_null<DictionaryAttr>(fused.getMetadata())) {
    auto text = [&](StringRef key) {
      auto value = recorded.getAs<StringAttr>(key);
      return value ? value.str() : std::string();
    };
    return {{text("op"), text("name"), getPlace(loc)}};
  }
  SmallVector<Origin> origins;
  for (Location part : fused.getLocations())
    for (Origin &origin : getOrigins(part))
      if (llvm::none_of(origins, [&](const Origin &other) {
            return other.place == origin.place && other.op == origin.op;
          }))
        origins.push_back(std::move(origin));
  return origins;
}

DictionaryAttr mlir::qopt::describeKernel(MLIRContext *context,
                                          StringRef kernel, StringRef op,
                                          Work work) {
  Builder builder(context);
  return builder.getDictionaryAttr(
      {{"kernel", builder.getStringAttr(kernel)},
       {"op", builder.getStringAttr(op)},
       {"macs", builder.getI64IntegerAttr(work.macs)},
       {"bytes", builder.getI64IntegerAttr(work.bytes)}});
}
