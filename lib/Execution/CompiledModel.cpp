//===- CompiledModel.cpp - A model compiled into this process -------------===//

#include "quantopt/Execution/CompiledModel.h"

#include "quantopt-runtime/Gpu.h"
#include "quantopt-runtime/Observe.h"
#include "quantopt-runtime/Parallel.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Operation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/CallInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/DynamicLibrary.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"

#if defined(__linux__) && defined(__x86_64__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

using namespace llvm;
using namespace quantopt;

/// The function that C++ calls: it takes the pointers as an array, since their
/// number is known only at run time.
static constexpr StringLiteral kInvokeName = "quantopt_invoke";
using InvokeFn = void (*)(const void *const *);
using ClockFn = uint64_t (*)();

struct CompiledModel::Engine {
  /// What the code reads; outlives it.
  std::vector<mlir::AsmResourceBlob> constants;
  std::unique_ptr<orc::LLJIT> jit;
  InvokeFn invoke = nullptr;
  std::vector<ProfiledKernel> kernels;
  Counters *counters = nullptr;
  ClockFn clock = nullptr;

  Error findCounters();
};

/// What `qopt-instrument-profile` has put into the code.
Error CompiledModel::Engine::findCounters() {
  if (kernels.empty())
    return Error::success();
  Expected<orc::ExecutorAddr> array = jit->lookup("qopt_profile_counters");
  if (!array)
    return array.takeError();
  Expected<orc::ExecutorAddr> read = jit->lookup("qopt_profile_clock");
  if (!read)
    return read.takeError();
  counters = array->toPtr<Counters *>();
  clock = read->toPtr<ClockFn>();
  return Error::success();
}

CompiledModel::CompiledModel(Signature signature,
                             std::unique_ptr<Engine> engine)
    : signature(std::move(signature)), engine(std::move(engine)) {}

CompiledModel::~CompiledModel() = default;

/// Adds `void quantopt_invoke(ptr args) { entry(args[0], args[1], ...); }`.
static Error addInvoke(Module &module, const Signature &signature) {
  Function *entry = module.getFunction(signature.entry);
  if (!entry || entry->isDeclaration())
    return createStringError("the lowered module does not define '" +
                             signature.entry + "'");
  unsigned count = signature.inputs.size() + signature.outputs.size();
  bool onlyPointers = all_of(entry->args(), [](const Argument &argument) {
    return argument.getType()->isPointerTy();
  });
  if (entry->arg_size() != count || !onlyPointers ||
      !entry->getReturnType()->isVoidTy())
    return createStringError(
        "the lowered function '" + signature.entry + "' does not take one " +
        "pointer for each of its " + Twine(signature.inputs.size()) +
        " inputs and " + Twine(signature.outputs.size()) +
        " outputs: lower it with the pipeline --qopt-lower-to-cpu");

  IRBuilder<> builder(module.getContext());
  Type *pointer = builder.getPtrTy();
  Function *invoke =
      Function::Create(FunctionType::get(builder.getVoidTy(), {pointer}, false),
                       Function::ExternalLinkage, kInvokeName, module);
  builder.SetInsertPoint(BasicBlock::Create(module.getContext(), "", invoke));
  SmallVector<Value *> arguments;
  for (unsigned i = 0; i < count; ++i)
    arguments.push_back(builder.CreateLoad(
        pointer,
        builder.CreateConstInBoundsGEP1_64(pointer, invoke->getArg(0), i)));
  builder.CreateCall(entry, arguments);
  builder.CreateRetVoid();
  return Error::success();
}

/// The C functions that lowered code calls, by name. They are named here
/// because the linker leaves out of this program what nothing refers to.
static StringMap<orc::ExecutorAddr>
getFunctions(const CompiledModel::Options &options) {
  StringMap<orc::ExecutorAddr> functions;
  auto add = [&](StringRef name, auto *address) {
    functions[name] = orc::ExecutorAddr::fromPtr(address);
  };
  add("qopt_observer_get", &qopt_observer_get);
  add("qopt_observer_add", &qopt_observer_add);
  add("qopt_observe_f32", &qopt_observe_f32);
  add("qopt_observe_tensor_f32", &qopt_observe_tensor_f32);
  add("qopt_observe_means_f32", &qopt_observe_means_f32);
  add("qopt_parallel_for", &qopt_parallel_for);
  add("qopt_gpu_run", &qopt_gpu_run);
  for (const auto &[name, address] : options.symbols)
    add(name, address);
  return functions;
}

/// Refuses calls of functions that neither `module` nor this program has.
static Error checkCalls(mlir::Operation *module,
                        const CompiledModel::Options &options) {
  const StringMap<orc::ExecutorAddr> functions = getFunctions(options);
  // Those of this program and of the libraries that it is linked with.
  sys::DynamicLibrary::LoadLibraryPermanently(nullptr);
  mlir::SymbolTableCollection symbols;
  const bool isMissing =
      module
          ->walk([&](mlir::CallOpInterface call) -> mlir::WalkResult {
            auto callee = dyn_cast_or_null<mlir::FunctionOpInterface>(
                call.resolveCallableInTable(&symbols));
            if (!callee || !callee.isExternal())
              return mlir::WalkResult::advance();
            const StringRef name = callee.getName();
            // Functions of LLVM, such as llvm.fabs.f32, have no symbol.
            if (name.starts_with("llvm.") || functions.contains(name) ||
                sys::DynamicLibrary::SearchForAddressOfSymbol(name.str()))
              return mlir::WalkResult::advance();
            return call->emitOpError("calls '")
                   << name
                   << "', which has no body in the module and is no function "
                      "of this program; give the model with that body, or "
                      "compile it with quant-compile and link the function";
          })
          .wasInterrupted();
  return isMissing ? createStringError("the module cannot be run")
                   : Error::success();
}

static orc::SymbolMap getSymbols(orc::LLJIT &jit,
                                 const CompiledModel::Options &options,
                                 ArrayRef<LargeConstant> constants) {
  orc::SymbolMap symbols;
  auto add = [&](StringRef name, orc::ExecutorAddr address) {
    symbols[jit.mangleAndIntern(name)] = {address, JITSymbolFlags::Exported};
  };
  for (const auto &function : getFunctions(options))
    add(function.getKey(), function.getValue());
  for (const LargeConstant &constant : constants)
    add(constant.symbol, orc::ExecutorAddr::fromPtr(constant.bytes.data()));
  return symbols;
}

static Expected<std::unique_ptr<orc::LLJIT>>
createJIT(const TargetMachine &machine, const CompiledModel::Options &options,
          ArrayRef<LargeConstant> constants) {
  orc::JITTargetMachineBuilder machineBuilder(machine.getTargetTriple());
  Expected<std::unique_ptr<orc::LLJIT>> jit =
      orc::LLJITBuilder()
          .setJITTargetMachineBuilder(std::move(machineBuilder))
          .setDataLayout(machine.createDataLayout())
          .create();
  if (!jit)
    return jit.takeError();

  if (Error error = (*jit)->getMainJITDylib().define(
          orc::absoluteSymbols(getSymbols(**jit, options, constants))))
    return error;
  return jit;
}

using BlobEntry = mlir::DialectResourceBlobManager::BlobEntry;

/// All blobs that `context` has.
static DenseSet<const BlobEntry *> getBlobs(mlir::MLIRContext *context) {
  DenseSet<const BlobEntry *> blobs;
  mlir::DenseResourceElementsHandle::getManagerInterface(context)
      .getBlobManager()
      .getBlobMap([&](const StringMap<BlobEntry> &map) {
        for (const StringMapEntry<BlobEntry> &entry : map)
          blobs.insert(&entry.second);
      });
  return blobs;
}

Expected<std::unique_ptr<CompiledModel>>
CompiledModel::create(mlir::Operation *module, LowerFn lower,
                      const Options &options) {
  Expected<Signature> signature = readSignature(module, options.entry);
  if (!signature)
    return signature.takeError();
  if (Error error = checkCalls(module, options))
    return error;
  DenseSet<const BlobEntry *> before = getBlobs(module->getContext());
  if (Error error = lower(module))
    return error;
  auto isOwned = [&](const BlobEntry *blob) { return !before.contains(blob); };
  return build(module, std::move(*signature), options, isOwned);
}

Expected<std::unique_ptr<CompiledModel>>
CompiledModel::createFromLowered(mlir::Operation *module, Signature signature,
                                 const Options &options) {
  return build(module, std::move(signature), options,
               [](const BlobEntry *) { return false; });
}

/// Makes `constant` outlive its context where nobody else reads it, and puts it
/// where it has its alignment.
static void keep(LargeConstant &constant,
                 function_ref<bool(const BlobEntry *)> isOwned,
                 std::vector<mlir::AsmResourceBlob> &kept) {
  auto resource = dyn_cast<mlir::DenseResourceElementsAttr>(constant.value);
  if (resource && isOwned(resource.getRawHandle().getResource())) {
    BlobEntry *entry = resource.getRawHandle().getResource();
    kept.push_back(std::move(*entry->getBlob()));
    entry->setBlob(mlir::AsmResourceBlob());
  }
  if (isAddrAligned(Align(constant.alignment), constant.bytes.data()))
    return;
  kept.push_back(mlir::HeapAsmResourceBlob::allocateAndCopyWithAlign(
      constant.bytes, constant.alignment));
  constant.bytes = kept.back().getData();
}

/// Linux gives a process the tile registers of AMX when it asks for them. Where
/// there are none it refuses, and no code that is made here uses them.
static void requestTileRegisters() {
#if defined(__linux__) && defined(__x86_64__)
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  (void)syscall(SYS_arch_prctl, kRequestPermission, kTileData);
#endif
}

Expected<std::unique_ptr<CompiledModel>>
CompiledModel::build(mlir::Operation *module, Signature signature,
                     const Options &options,
                     function_ref<bool(const BlobEntry *)> isOwned) {
  Expected<std::unique_ptr<TargetMachine>> machine =
      createTargetMachine(options.target);
  if (!machine)
    return machine.takeError();
  Triple host(sys::getProcessTriple());
  if ((*machine)->getTargetTriple().getArch() != host.getArch())
    return createStringError("code for " + (*machine)->getTargetTriple().str() +
                             " cannot run on this machine, " + host.str());
  requestTileRegisters();
  auto engine = std::make_unique<Engine>();
  engine->kernels = readProfileTable(module);
  LLVMContext context;
  Expected<TranslatedModule> translated =
      translateToLLVMIR(module, context, **machine);
  if (!translated)
    return translated.takeError();
  if (Error error = addInvoke(*translated->module, signature))
    return error;
  optimize(*translated->module, **machine);
  Expected<EmittedFile> object = emit(*translated, **machine, EmitKind::Code);
  if (!object)
    return object.takeError();

  for (LargeConstant &constant : translated->constants)
    keep(constant, isOwned, engine->constants);
  Expected<std::unique_ptr<orc::LLJIT>> jit =
      createJIT(**machine, options, translated->constants);
  if (!jit)
    return jit.takeError();
  engine->jit = std::move(*jit);
  if (Error error =
          engine->jit->addObjectFile(std::make_unique<SmallVectorMemoryBuffer>(
              std::move(object->head), /*RequiresNullTerminator=*/false)))
    return error;
  // What is missing (the error's text) is reported apart from that something
  // is.
  Error missing = Error::success();
  engine->jit->getExecutionSession().setErrorReporter([&](Error error) {
    missing = joinErrors(std::move(missing), std::move(error));
  });
  Expected<orc::ExecutorAddr> invoke = engine->jit->lookup(kInvokeName);
  engine->jit->getExecutionSession().setErrorReporter(
      [](Error error) { consumeError(std::move(error)); });
  if (!invoke)
    return joinErrors(invoke.takeError(), std::move(missing));
  consumeError(std::move(missing));
  engine->invoke = invoke->toPtr<InvokeFn>();
  if (Error error = engine->findCounters())
    return error;
  return std::unique_ptr<CompiledModel>(
      new CompiledModel(std::move(signature), std::move(engine)));
}

void CompiledModel::run(ArrayRef<const void *> inputs,
                        ArrayRef<void *> outputs) const {
  assert(inputs.size() == signature.inputs.size() &&
         outputs.size() == signature.outputs.size() &&
         "one pointer for each tensor of the signature");
  SmallVector<const void *, 8> arguments(inputs);
  arguments.append(outputs.begin(), outputs.end());
  engine->invoke(arguments.data());
}

ArrayRef<ProfiledKernel> CompiledModel::getProfiledKernels() const {
  return engine->kernels;
}

MutableArrayRef<CompiledModel::Counters> CompiledModel::getCounters() const {
  return {engine->counters, engine->counters ? engine->kernels.size() : 0};
}

uint64_t CompiledModel::readClock() const { return engine->clock(); }
