//===- PlanLaunches.cpp - A model as a list of launches -------------------===//
//
// All that a run does is known now: which kernels, in which order, on which
// bytes of one block of the GPU's memory. So nothing is left to compute for the
// host: the function hands tables to the run-time library, which records the
// launches once and replays them.
//
//===----------------------------------------------------------------------===//

#include "../CPU/Arena.h"
#include "../Common/Nest.h"
#include "Kernels/KernelBuilder.h"
#include "quantopt/Lowering/GPU/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_PLANLAUNCHES
#include "quantopt/Lowering/GPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {

/// Where everything of one function is in the GPU's memory.
struct Places {
  /// Offsets of arguments and allocations.
  DenseMap<Value, int64_t> values;
  /// Constants by their global, in order.
  llvm::MapVector<StringAttr, int64_t> constants;
  DenseSet<unsigned> written;
  int64_t size = 0;

  int64_t take(int64_t bytes) {
    int64_t offset = size;
    size = llvm::alignTo(size + bytes, kGPUAlignment);
    return offset;
  }
};

/// Who has used which bytes last, as the launches go by.
class Memory {
public:
  /// The launches that `number` must wait for where it reads, or writes, bytes
  /// [begin, end): those that wrote what it reads, and those that read or wrote
  /// what it writes.
  void use(int64_t begin, int64_t end, bool isWrite, int64_t number,
           SmallVectorImpl<int64_t> &before) {
    for (Range &range : ranges) {
      if (range.end <= begin || end <= range.begin)
        continue;
      if (range.writer >= 0)
        before.push_back(range.writer);
      if (isWrite)
        llvm::append_range(before, range.readers);
    }
    if (isWrite) {
      // What is whole within these bytes is nobody's any more.
      llvm::erase_if(ranges, [&](const Range &range) {
        return begin <= range.begin && range.end <= end;
      });
      ranges.push_back({begin, end, number, {}});
      return;
    }
    for (Range &range : ranges)
      if (range.begin == begin && range.end == end)
        return range.readers.push_back(number);
    ranges.push_back({begin, end, -1, {number}});
  }

private:
  struct Range {
    int64_t begin, end;
    int64_t writer; // -1: none
    SmallVector<int64_t, 2> readers;
  };
  std::vector<Range> ranges;
};

struct PlanLaunches : qopt::impl::PlanLaunchesBase<PlanLaunches> {
  void runOnOperation() override;

private:
  LogicalResult collect(func::FuncOp func);
  LogicalResult checkLaunch(gpu::LaunchFuncOp launch);
  LogicalResult findPlaces(func::FuncOp func, Places &places);
  SmallVector<int64_t> findDependencies(gpu::LaunchFuncOp launch,
                                        int64_t number, const Places &places,
                                        Memory &memory);
  int64_t getPlace(Value buffer, const Places &places);
  LLVM::GlobalOp emitGlobal(StringRef name, Type type, Attribute value,
                            bool isConstant = true);
  Value emitAddress(LLVM::GlobalOp global);
  Value emitTable(StringRef name, ArrayRef<int64_t> values);
  Value emitText(StringRef name, const Twine &text);
  Value emitConstantList(StringRef name, const Places &places);
  LLVM::GlobalOp emitConstantBytes(StringAttr global);
  LLVM::GlobalOp emitProgram(func::FuncOp func, const Places &places);
  void emitFunction(func::FuncOp func, LLVM::GlobalOp program);

  gpu::BinaryOp binary;
  LLVM::GlobalOp image;
  /// The launches that each launch of the function waits for.
  std::vector<SmallVector<int64_t>> dependencies;
  llvm::DenseMap<StringAttr, LLVM::GlobalOp> constantGlobals;
  OpBuilder b{static_cast<MLIRContext *>(nullptr)};
};

/// The buffer that `value` is a view of.
Value getAllocation(Value value) {
  while (true) {
    value = getRoot(value);
    auto metadata = value.getDefiningOp<memref::ExtractStridedMetadataOp>();
    if (!metadata)
      return value;
    value = metadata.getSource();
  }
}

std::optional<int64_t> getConstant(Value value) {
  APInt constant;
  if (value && matchPattern(value, m_ConstantInt(&constant)))
    return constant.getSExtValue();
  return std::nullopt;
}

LogicalResult PlanLaunches::checkLaunch(gpu::LaunchFuncOp launch) {
  const gpu::KernelDim3 grid = launch.getGridSizeOperandValues();
  const gpu::KernelDim3 block = launch.getBlockSizeOperandValues();
  for (Value size : {grid.x, grid.y, grid.z, block.x})
    if (!getConstant(size))
      return launch.emitOpError("has a size that is not constant");
  if (getConstant(block.y) != 1 || getConstant(block.z) != 1)
    return launch.emitOpError("has blocks of threads along y or z");
  Value shared = launch.getDynamicSharedMemorySize();
  if (shared && !getConstant(shared))
    return launch.emitOpError("has a size of shared memory that is not "
                              "constant");
  if (!launch->hasAttrOfType<DenseI64ArrayAttr>("qopt.writes"))
    return launch.emitOpError("does not say which arguments its kernel "
                              "writes, in 'qopt.writes'");
  if (!binary || launch.getKernelModuleName() != binary.getSymName())
    return launch.emitOpError("launches a kernel that no gpu.binary of the "
                              "module has");
  for (Value operand : launch.getKernelOperands())
    if (!isa<MemRefType>(operand.getType()))
      return launch.emitOpError("has an argument that is no buffer");
  return success();
}

LogicalResult PlanLaunches::collect(func::FuncOp func) {
  if (!func.getBody().hasOneBlock())
    return func.emitOpError("has control flow between blocks");
  if (!llvm::all_of(func.getArgumentTypes(),
                    [](Type type) {
                      auto memref = dyn_cast<MemRefType>(type);
                      return memref && memref.hasStaticShape() &&
                             memref.getLayout().isIdentity();
                    }) ||
      func.getNumResults() != 0)
    return emitError(func.getLoc(), "'")
           << func.getSymName()
           << "' does not take and return dense buffers as arguments; run "
              "--qopt-results-to-destinations first";
  for (Operation &op : func.front()) {
    if (auto launch = dyn_cast<gpu::LaunchFuncOp>(op)) {
      if (failed(checkLaunch(launch)))
        return failure();
    } else if (!isa<memref::AllocOp, memref::GetGlobalOp, ViewLikeOpInterface,
                    memref::ExtractStridedMetadataOp, func::ReturnOp>(op) &&
               !op.hasTrait<OpTrait::ConstantLike>()) {
      return op.emitOpError("is neither a launch nor a buffer");
    }
  }
  return success();
}

LogicalResult PlanLaunches::findPlaces(func::FuncOp func, Places &places) {
  for (auto get : func.getOps<memref::GetGlobalOp>()) {
    auto [entry, isNew] =
        places.constants.insert({get.getNameAttr().getAttr(), 0});
    if (isNew)
      entry->second = places.take(getSizeInBytes(get.getType()));
  }
  for (BlockArgument argument : func.getArguments())
    places.values[argument] =
        places.take(getSizeInBytes(cast<MemRefType>(argument.getType())));
  FailureOr<SmallVector<ArenaBuffer>> buffers = collectArenaBuffers(func);
  if (failed(buffers))
    return failure();
  const int64_t begin = places.take(placeArenaBuffers(*buffers, kGPUAlignment));
  for (ArenaBuffer &buffer : *buffers)
    places.values[buffer.alloc.getResult()] = begin + buffer.offset;
  for (auto launch : func.getOps<gpu::LaunchFuncOp>())
    for (int64_t index :
         launch->getAttrOfType<DenseI64ArrayAttr>("qopt.writes").asArrayRef())
      if (auto argument = dyn_cast<BlockArgument>(
              getAllocation(launch.getKernelOperand(index))))
        places.written.insert(argument.getArgNumber());
  return success();
}

int64_t PlanLaunches::getPlace(Value buffer, const Places &places) {
  Value root = getAllocation(buffer);
  if (auto get = root.getDefiningOp<memref::GetGlobalOp>())
    return places.constants.lookup(get.getNameAttr().getAttr());
  return places.values.lookup(root);
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

LLVM::GlobalOp PlanLaunches::emitGlobal(StringRef name, Type type,
                                        Attribute value, bool isConstant) {
  ModuleOp module = getOperation();
  OpBuilder detached(&getContext());
  auto global = LLVM::GlobalOp::create(detached, module.getLoc(), type,
                                       isConstant, LLVM::Linkage::Private, name,
                                       value, /*alignment=*/16);
  SymbolTable(module).insert(global, module.getBody()->begin());
  return global;
}

Value PlanLaunches::emitAddress(LLVM::GlobalOp global) {
  return LLVM::AddressOfOp::create(b, b.getUnknownLoc(), global);
}

/// The address of a constant table; null where it would have no entries.
Value PlanLaunches::emitTable(StringRef name, ArrayRef<int64_t> values) {
  if (values.empty())
    return LLVM::ZeroOp::create(b, b.getUnknownLoc(),
                                LLVM::LLVMPointerType::get(&getContext()));
  const int64_t count = values.size();
  auto tensor = RankedTensorType::get({count}, b.getI64Type());
  return emitAddress(emitGlobal(name,
                                LLVM::LLVMArrayType::get(b.getI64Type(), count),
                                DenseElementsAttr::get(tensor, values)));
}

/// The address of `text` as it is: it ends in NUL itself.
Value PlanLaunches::emitText(StringRef name, const Twine &text) {
  StringAttr value = b.getStringAttr(text);
  return emitAddress(emitGlobal(
      name, LLVM::LLVMArrayType::get(b.getI8Type(), value.size()), value));
}

/// The bytes of a constant, as the conversion of memref writes them.
LLVM::GlobalOp PlanLaunches::emitConstantBytes(StringAttr name) {
  LLVM::GlobalOp &global = constantGlobals[name];
  if (global)
    return global;
  auto source = getOperation().lookupSymbol<memref::GlobalOp>(name);
  MemRefType memref = source.getType();
  Type type = memref.getElementType();
  if (type.isIndex())
    type = b.getI64Type();
  for (int64_t size : llvm::reverse(memref.getShape()))
    type = LLVM::LLVMArrayType::get(type, size);
  Attribute value = *source.getInitialValue();
  if (memref.getRank() == 0)
    if (auto dense = dyn_cast<DenseElementsAttr>(value))
      value = dense.getSplatValue<Attribute>();
  global = emitGlobal(("gpu_" + name.getValue()).str(), type, value);
  return global;
}

/// The address of the list of the constants' addresses.
Value PlanLaunches::emitConstantList(StringRef name, const Places &places) {
  auto pointer = LLVM::LLVMPointerType::get(&getContext());
  if (places.constants.empty())
    return LLVM::ZeroOp::create(b, b.getUnknownLoc(), pointer);
  SmallVector<LLVM::GlobalOp> globals;
  for (const auto &entry : places.constants)
    globals.push_back(emitConstantBytes(entry.first));
  auto type = LLVM::LLVMArrayType::get(pointer, globals.size());
  LLVM::GlobalOp list = emitGlobal(name, type, Attribute());
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&list.getInitializerRegion().emplaceBlock());
    Location loc = list.getLoc();
    Value value = LLVM::UndefOp::create(b, loc, type);
    for (auto [index, global] : llvm::enumerate(globals))
      value = LLVM::InsertValueOp::create(b, loc, value, emitAddress(global),
                                          index);
    LLVM::ReturnOp::create(b, loc, value);
  }
  return emitAddress(list);
}

/// The earlier launches that `launch` has to wait for: those of them that no
/// other one of them waits for.
SmallVector<int64_t> PlanLaunches::findDependencies(gpu::LaunchFuncOp launch,
                                                    int64_t number,
                                                    const Places &places,
                                                    Memory &memory) {
  ArrayRef<int64_t> written =
      launch->getAttrOfType<DenseI64ArrayAttr>("qopt.writes").asArrayRef();
  SmallVector<int64_t> before;
  for (auto [index, operand] : llvm::enumerate(launch.getKernelOperands())) {
    Value root = getAllocation(operand);
    // Nobody writes constants.
    if (root.getDefiningOp<memref::GetGlobalOp>())
      continue;
    const int64_t begin = getPlace(operand, places);
    memory.use(begin, begin + getSizeInBytes(cast<MemRefType>(root.getType())),
               llvm::is_contained(written, index), number, before);
  }
  llvm::sort(before);
  before.erase(llvm::unique(before), before.end());
  llvm::erase(before, number);
  SmallVector<int64_t> direct;
  for (int64_t launch : before)
    if (llvm::none_of(before, [&](int64_t other) {
          return llvm::is_contained(dependencies[other], launch);
        }))
      direct.push_back(launch);
  dependencies.push_back(direct);
  return direct;
}

/// The program of one function: see qopt_gpu_program of the run-time library.
LLVM::GlobalOp PlanLaunches::emitProgram(func::FuncOp func,
                                         const Places &places) {
  std::string names;
  SmallVector<int64_t> launches, arguments, inputs, outputs, constants;
  SmallVector<int64_t> waits;
  llvm::StringMap<int64_t> known;
  int64_t launchCount = 0;
  Memory memory;
  dependencies.clear();
  for (auto launch : func.getOps<gpu::LaunchFuncOp>()) {
    StringRef name = launch.getKernelName();
    auto [entry, isNew] = known.insert({name, names.size()});
    if (isNew)
      (names += name) += '\0';
    const gpu::KernelDim3 grid = launch.getGridSizeOperandValues();
    const int64_t threads = *getConstant(launch.getBlockSizeOperandValues().x);
    Value shared = launch.getDynamicSharedMemorySize();
    const SmallVector<int64_t> before =
        findDependencies(launch, launchCount, places, memory);
    llvm::append_values(
        launches, entry->second, *getConstant(grid.x), *getConstant(grid.y),
        *getConstant(grid.z), threads, shared ? *getConstant(shared) : 0,
        int64_t(arguments.size()), int64_t(launch.getNumKernelOperands()),
        int64_t(waits.size()), int64_t(before.size()));
    llvm::append_range(waits, before);
    for (Value operand : launch.getKernelOperands())
      arguments.push_back(getPlace(operand, places));
    ++launchCount;
  }
  for (BlockArgument argument : func.getArguments())
    llvm::append_values(
        places.written.contains(argument.getArgNumber()) ? outputs : inputs,
        int64_t(argument.getArgNumber()), places.values.lookup(argument),
        getSizeInBytes(cast<MemRefType>(argument.getType())));
  for (const auto &[name, offset] : places.constants)
    llvm::append_values(
        constants, offset,
        getSizeInBytes(
            getOperation().lookupSymbol<memref::GlobalOp>(name).getType()));

  auto pointer = LLVM::LLVMPointerType::get(&getContext());
  SmallVector<Type> fields(9, pointer);
  fields.append(5, b.getI64Type());
  fields.push_back(pointer);
  auto type = LLVM::LLVMStructType::getLiteral(&getContext(), fields);
  const std::string prefix = ("qopt_gpu_" + func.getSymName() + "_").str();
  LLVM::GlobalOp program =
      emitGlobal(prefix + "program", type, Attribute(), /*isConstant=*/false);
  // Who measures the launches asks for it by name.
  program.setLinkage(LLVM::Linkage::External);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&program.getInitializerRegion().emplaceBlock());
  Location loc = func.getLoc();
  auto number = [&](int64_t value) -> Value {
    return LLVM::ConstantOp::create(b, loc, b.getI64IntegerAttr(value));
  };
  const Value values[] = {emitAddress(image),
                          names.empty()
                              ? Value(LLVM::ZeroOp::create(b, loc, pointer))
                              : emitText(prefix + "names", names),
                          emitTable(prefix + "launches", launches),
                          emitTable(prefix + "arguments", arguments),
                          emitTable(prefix + "dependencies", waits),
                          emitTable(prefix + "inputs", inputs),
                          emitTable(prefix + "outputs", outputs),
                          emitConstantList(prefix + "constants", places),
                          emitTable(prefix + "places", constants),
                          number(launchCount),
                          number(inputs.size() / 3),
                          number(outputs.size() / 3),
                          number(places.constants.size()),
                          number(places.size),
                          LLVM::ZeroOp::create(b, loc, pointer)};
  Value value = LLVM::UndefOp::create(b, loc, type);
  for (auto [index, field] : llvm::enumerate(values))
    value = LLVM::InsertValueOp::create(b, loc, value, field, index);
  LLVM::ReturnOp::create(b, loc, value);
  return program;
}

/// `@f(ptr...)`, which hands its pointers and the program to the library.
void PlanLaunches::emitFunction(func::FuncOp func, LLVM::GlobalOp program) {
  Location loc = func.getLoc();
  auto pointer = LLVM::LLVMPointerType::get(&getContext());
  auto none = LLVM::LLVMVoidType::get(&getContext());
  constexpr StringLiteral kRun = "qopt_gpu_run";
  OpBuilder::InsertionGuard guard(b);
  auto run = getOperation().lookupSymbol<LLVM::LLVMFuncOp>(kRun);
  if (!run) {
    b.setInsertionPointToStart(getOperation().getBody());
    run = LLVM::LLVMFuncOp::create(
        b, loc, kRun, LLVM::LLVMFunctionType::get(none, {pointer, pointer}));
  }
  b.setInsertionPoint(func);
  const int64_t count = func.getNumArguments();
  auto lowered = LLVM::LLVMFuncOp::create(
      b, loc, func.getSymName(),
      LLVM::LLVMFunctionType::get(none, SmallVector<Type>(count, pointer)),
      func.isPrivate() ? LLVM::Linkage::Internal : LLVM::Linkage::External);
  Block *body = lowered.addEntryBlock(b);
  b.setInsertionPointToStart(body);
  Value size = LLVM::ConstantOp::create(b, loc, b.getI64IntegerAttr(count));
  Value tensors =
      LLVM::AllocaOp::create(b, loc, pointer, pointer, size, /*alignment=*/8);
  for (BlockArgument argument : body->getArguments()) {
    Value slot = LLVM::GEPOp::create(
        b, loc, pointer, pointer, tensors,
        ArrayRef<LLVM::GEPArg>{int32_t(argument.getArgNumber())});
    LLVM::StoreOp::create(b, loc, argument, slot);
  }
  LLVM::CallOp::create(b, loc, run, ValueRange{emitAddress(program), tensors});
  LLVM::ReturnOp::create(b, loc, ValueRange());
}

void PlanLaunches::runOnOperation() {
  ModuleOp module = getOperation();
  b = OpBuilder(&getContext());
  for (auto op : module.getOps<gpu::BinaryOp>())
    binary = op;
  std::string text;
  if (binary) {
    auto object = binary.getObjects().size() == 1
                      ? dyn_cast<gpu::ObjectAttr>(binary.getObjects()[0])
                      : nullptr;
    if (!object || object.getFormat() != gpu::CompilationTarget::Assembly) {
      binary.emitOpError("is not one object of PTX");
      return signalPassFailure();
    }
    text = object.getObject().getValue().str();
  }
  SmallVector<func::FuncOp> funcs(module.getOps<func::FuncOp>());
  for (func::FuncOp func : funcs)
    if (!func.isExternal() && failed(collect(func)))
      return signalPassFailure();
  // It is read up to a NUL.
  text += '\0';
  image = emitGlobal("qopt_gpu_image",
                     LLVM::LLVMArrayType::get(b.getI8Type(), text.size()),
                     b.getStringAttr(text));
  for (func::FuncOp func : funcs) {
    if (!func.isExternal()) {
      Places places;
      if (failed(findPlaces(func, places)))
        return signalPassFailure();
      LLVM::GlobalOp program = emitProgram(func, places);
      emitFunction(func, program);
    }
    func.erase();
  }
  if (binary)
    binary.erase();
  for (auto global :
       llvm::make_early_inc_range(module.getOps<memref::GlobalOp>()))
    global.erase();
  module->removeAttr(gpu::GPUDialect::getContainerModuleAttrName());
}

} // namespace
