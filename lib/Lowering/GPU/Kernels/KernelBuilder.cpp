//===- KernelBuilder.cpp - One GPU kernel and its launch ------------------===//

#include "KernelBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace mlir::qopt;

KernelBuilder::KernelBuilder(gpu::GPUModuleOp module, Operation *op,
                             StringRef name, bool isLarge)
    : b(op->getContext()), loc(op->getLoc()), anchor(op) {
  auto type = FunctionType::get(op->getContext(), {}, {});
  func = gpu::GPUFuncOp::create(b, loc, name, type);
  func->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), b.getUnitAttr());
  SymbolTable(module).insert(func, module.getBody()->end());
  b.setInsertionPointToStart(&func.getBody().front());
  position = isLarge ? b.getI64Type() : b.getI32Type();
}

//===----------------------------------------------------------------------===//
// Positions
//===----------------------------------------------------------------------===//

Value KernelBuilder::constant(int64_t value) {
  Value &known = positions[value];
  if (known)
    return known;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&func.getBody().front());
  known = arith::ConstantOp::create(b, loc, b.getIntegerAttr(position, value));
  return known;
}

static std::optional<int64_t> getConstant(Value value) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return constant.getSExtValue();
  return std::nullopt;
}

Value KernelBuilder::add(Value left, Value right) {
  if (!left || getConstant(left) == 0)
    return right;
  if (!right || getConstant(right) == 0)
    return left;
  return arith::AddIOp::create(b, loc, left, right);
}

Value KernelBuilder::mul(Value left, int64_t right) {
  if (!left || right == 0)
    return constant(0);
  if (right == 1)
    return left;
  if (std::optional<int64_t> known = getConstant(left))
    return constant(*known * right);
  return arith::MulIOp::create(b, loc, left, constant(right));
}

Value KernelBuilder::min(Value left, int64_t right) {
  return arith::MinUIOp::create(b, loc, left, constant(right));
}

Value KernelBuilder::divide(Value left, int64_t right) {
  if (right == 1)
    return left;
  return arith::DivUIOp::create(b, loc, left, constant(right));
}

Value KernelBuilder::remainder(Value left, int64_t right) {
  return arith::RemUIOp::create(b, loc, left, constant(right));
}

Value KernelBuilder::getBlock(gpu::Dimension dimension) {
  Value block = gpu::BlockIdOp::create(b, loc, dimension);
  return arith::IndexCastUIOp::create(b, loc, position, block);
}

Value KernelBuilder::getThread() {
  Value thread = gpu::ThreadIdOp::create(b, loc, gpu::Dimension::x);
  return arith::IndexCastUIOp::create(b, loc, position, thread);
}

SmallVector<Value> KernelBuilder::delinearize(Value flat,
                                              ArrayRef<int64_t> sizes) {
  SmallVector<Value> result(sizes.size());
  for (size_t dim = sizes.size(); dim-- > 0;) {
    if (sizes[dim] == 1) {
      result[dim] = constant(0);
      continue;
    }
    const bool isLast = llvm::all_of(sizes.take_front(dim),
                                     [](int64_t size) { return size == 1; });
    if (isLast) {
      result[dim] = flat;
      flat = constant(0);
      continue;
    }
    Value size = constant(sizes[dim]);
    result[dim] = arith::RemUIOp::create(b, loc, flat, size);
    flat = arith::DivUIOp::create(b, loc, flat, size);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

Value KernelBuilder::computePosition(const Access &access,
                                     ArrayRef<Value> ivs) {
  Value sum;
  for (auto [stride, iv] : llvm::zip(access.strides, ivs))
    if (iv && stride != 0)
      sum = add(sum, mul(iv, stride));
  return add(sum, constant(access.offset));
}

Value KernelBuilder::load(const Access &access, ArrayRef<Value> ivs) {
  if (!isa<BaseMemRefType>(access.buffer.getType()))
    return import(access.buffer);
  Value flat = importFlat(access);
  Value index = arith::IndexCastUIOp::create(b, loc, b.getIndexType(),
                                             computePosition(access, ivs));
  return memref::LoadOp::create(b, loc, flat, index);
}

void KernelBuilder::store(Value value, const Access &access,
                          ArrayRef<Value> ivs) {
  Value flat = importFlat(access);
  Value index = arith::IndexCastUIOp::create(b, loc, b.getIndexType(),
                                             computePosition(access, ivs));
  memref::StoreOp::create(b, loc, value, flat, index);
}

Value KernelBuilder::addArgument(Value outside) {
  const unsigned number = arguments.size();
  Value &inside = arguments[outside];
  // Shared buffers are arguments of the block, behind those of the function.
  if (!inside)
    inside =
        func.getBody().front().insertArgument(number, outside.getType(), loc);
  return inside;
}

Value KernelBuilder::import(Value outside) {
  if (isa<MemRefType>(outside.getType()))
    return addArgument(outside);
  if (Value known = constants.lookupOrNull(outside))
    return known;
  Operation *op = outside.getDefiningOp();
  if (!op || !op->hasTrait<OpTrait::ConstantLike>()) {
    if (!isFailed)
      emitError(loc, "uses a scalar that is computed outside of it, and GPU "
                     "kernels take buffers; run the model on cpu");
    isFailed = true;
    return nullptr;
  }
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&func.getBody().front());
  return b.clone(*op, constants)->getResult(0);
}

Value KernelBuilder::importFlat(const Access &access) {
  // Views of one allocation are one argument, so that arguments never overlap.
  Value root = getRoot(access.buffer);
  if (Value inside = bound.lookup(root))
    return inside;
  for (auto &[outside, inside] : arguments)
    if (getRoot(outside) == root &&
        cast<MemRefType>(outside.getType()).getRank() == 1 &&
        cast<MemRefType>(outside.getType()).getLayout().isIdentity() &&
        cast<MemRefType>(outside.getType()).getElementType() == access.element)
      return inside;
  OpBuilder host(anchor);
  return addArgument(emitFlatView(host, loc, access));
}

void KernelBuilder::updateType() {
  auto types = llvm::map_to_vector(
      arguments, [](auto &argument) { return argument.second.getType(); });
  func.setFunctionType(FunctionType::get(b.getContext(), types, {}));
}

Value KernelBuilder::addShared(Type element, int64_t count) {
  auto space =
      gpu::AddressSpaceAttr::get(b.getContext(), gpu::AddressSpace::Workgroup);
  auto type =
      MemRefType::get({count}, element, MemRefLayoutAttrInterface(), space);
  updateType();
  Value shared = func.addWorkgroupAttribution(type, loc);
  // LLVM joins neighbouring loads as if this were so.
  func.setWorkgroupAttributionAttr(func.getNumWorkgroupAttributions() - 1,
                                   LLVM::LLVMDialect::getAlignAttrName(),
                                   b.getI64IntegerAttr(16));
  return shared;
}

Value KernelBuilder::getPointer(Value buffer) {
  Value index = memref::ExtractAlignedPointerAsIndexOp::create(b, loc, buffer);
  Value address = arith::IndexCastUIOp::create(b, loc, b.getI64Type(), index);
  constexpr unsigned kGlobal = 1;
  auto type = LLVM::LLVMPointerType::get(b.getContext(), kGlobal);
  return LLVM::IntToPtrOp::create(b, loc, type, address);
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

SmallVector<Value> KernelBuilder::inlineBody(linalg::GenericOp op,
                                             ValueRange values,
                                             ArrayRef<Value> ivs) {
  Block &body = *op.getBody();
  IRMapping mapping;
  for (auto [argument, value] : llvm::zip(body.getArguments(), values))
    if (value)
      mapping.map(argument, value);
  auto isInside = [&](Value value) {
    return body.getParent()->isAncestor(value.getParentRegion());
  };
  for (Operation &inner : body) {
    inner.walk([&](Operation *nested) {
      for (Value operand : nested->getOperands())
        if (!isInside(operand) && !mapping.contains(operand))
          if (Value inside = import(operand))
            mapping.map(operand, inside);
    });
    if (isFailed)
      return {};
    if (inner.hasTrait<OpTrait::IsTerminator>())
      break;
    if (auto index = dyn_cast<linalg::IndexOp>(inner)) {
      mapping.map(index.getResult(),
                  arith::IndexCastUIOp::create(b, loc, b.getIndexType(),
                                               ivs[index.getDim()]));
      continue;
    }
    b.clone(inner, mapping);
  }
  return llvm::map_to_vector(
      body.getTerminator()->getOperands(),
      [&](Value value) { return mapping.lookupOrDefault(value); });
}

Value KernelBuilder::evaluate(const Stage &stage, ArrayRef<Value> ivs,
                              Value accumulator) {
  SmallVector<Value> values;
  for (auto [index, input] : llvm::enumerate(stage.inputs))
    values.push_back(static_cast<int>(index) == stage.accumulator
                         ? accumulator
                         : load(input, ivs));
  SmallVector<Value> results = inlineBody(stage.op, values);
  return results.empty() ? Value() : results.front();
}

//===----------------------------------------------------------------------===//
// The launch
//===----------------------------------------------------------------------===//

/// Whether a store or a pointer goes through `buffer` in the kernel.
static bool mayBeWritten(Value buffer) {
  return llvm::any_of(buffer.getUsers(), [](Operation *user) {
    return !isa<memref::LoadOp, memref::ExtractAlignedPointerAsIndexOp>(user);
  });
}

void KernelBuilder::finish(std::array<int64_t, 3> grid, int64_t threads,
                           int64_t sharedBytes) {
  constexpr size_t kMostArguments = 512;
  if (arguments.size() > kMostArguments) {
    emitError(loc,
              "uses more than 512 buffers, which a GPU kernel cannot take; "
              "run the model on cpu");
    isFailed = true;
    return;
  }
  b.setInsertionPointToEnd(&func.getBody().front());
  gpu::ReturnOp::create(b, loc);
  updateType();
  func.setKnownBlockSizeAttr(
      b.getDenseI32ArrayAttr({static_cast<int32_t>(threads), 1, 1}));
  SmallVector<Value> roots = llvm::map_to_vector(
      arguments, [](auto &argument) { return getRoot(argument.first); });
  SmallVector<Value> operands;
  SmallVector<int64_t> written;
  for (auto [index, argument] : llvm::enumerate(arguments)) {
    operands.push_back(argument.first);
    const bool isWritten = mayBeWritten(argument.second);
    if (isWritten)
      written.push_back(index);
    // All that PlanLaunches gives a place to begins at such an address.
    func.setArgAttr(index, LLVM::LLVMDialect::getAlignAttrName(),
                    b.getI64IntegerAttr(kGPUAlignment));
    // Two arguments that are views of one allocation may overlap.
    if (llvm::count(roots, roots[index]) == 1) {
      func.setArgAttr(index, LLVM::LLVMDialect::getNoAliasAttrName(),
                      b.getUnitAttr());
      if (!isWritten)
        func.setArgAttr(index, LLVM::LLVMDialect::getReadonlyAttrName(),
                        b.getUnitAttr());
    }
  }

  OpBuilder host(anchor);
  auto size = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(host, loc, value);
  };
  Value one = size(1);
  gpu::KernelDim3 blocks{size(grid[0]), size(grid[1]), size(grid[2])};
  gpu::KernelDim3 block{size(threads), one, one};
  Value shared;
  if (sharedBytes > 0)
    shared = arith::ConstantOp::create(
        host, loc, host.getI32IntegerAttr(static_cast<int32_t>(sharedBytes)));
  auto launch = gpu::LaunchFuncOp::create(host, loc, func, blocks, block,
                                          shared, operands);
  launch->setAttr("qopt.writes", host.getDenseI64ArrayAttr(written));
  auto module = anchor->getParentOfType<ModuleOp>();
  module->setAttr(gpu::GPUDialect::getContainerModuleAttrName(),
                  host.getUnitAttr());
}
