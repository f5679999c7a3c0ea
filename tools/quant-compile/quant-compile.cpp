//===- quant-compile.cpp - A model to machine code, ahead of time ---------===//

#include "../support/CodeFlags.h"

#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Support/OutputFiles.h"
#include "quantopt/Target/CHeader.h"
#include "quantopt/Target/CodeGen.h"

#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"

using namespace llvm;
using namespace quantopt;

namespace {
enum class Emit { Object, Assembly, LLVMIR, SharedLibrary };

/// The command line. Made in main: see CodeFlags.
struct Options {
  cl::OptionCategory category{"quant-compile options"};

  cl::opt<std::string> input{
      cl::Positional, cl::Required, cl::cat(category),
      cl::desc("<model: .mlir text or bytecode, float or integer form; - is "
               "standard input>")};

  cl::opt<std::string> output{
      "o", cl::Required, cl::cat(category), cl::value_desc("file"),
      cl::desc("Where the output goes; - is standard output. Written beside "
               "and renamed, whole or not at all")};

  cl::opt<Emit> emit{
      "emit", cl::Required, cl::cat(category), cl::desc("What to make:"),
      cl::values(
          clEnumValN(Emit::Object, "obj", "object file for a C or C++ program"),
          clEnumValN(Emit::Assembly, "asm", "assembly text"),
          clEnumValN(Emit::LLVMIR, "llvm", "optimized LLVM IR text"),
          clEnumValN(Emit::SharedLibrary, "so",
                     "shared library, linked by the C compiler or ld.lld "
                     "found on PATH"))};

  cl::opt<std::string> header{
      "header", cl::cat(category), cl::value_desc("file"),
      cl::desc("Also write a C header that declares the model's function with "
               "the shapes of its inputs and outputs")};

  cl::opt<std::string> entry{
      "entry", cl::cat(category), cl::value_desc("name"),
      cl::desc("The model's function (default: the only public one). Needed "
               "for --header and --name where there are several")};

  cl::opt<std::string> inputShapes{
      "input-shapes", cl::cat(category), cl::value_desc("1x3x224x224,..."),
      cl::desc(
          "Shapes of the inputs, where the model has dynamic ones (default: "
          "a first dimension that is dynamic is 1)")};

  cl::opt<std::string> name{
      "name", cl::cat(category), cl::value_desc("identifier"),
      cl::desc("Call the model's function by this name in the output and the "
               "header (default: its name in the model)")};

  cl::opt<std::string> triple{
      "triple", cl::cat(category), cl::value_desc("triple"),
      cl::desc("Target triple, e.g. aarch64-linux-gnu (default: this "
               "machine's)")};

  CodeFlags target{category};
};
} // namespace

/// The run-time library for this machine: in the folder lib beside that of this
/// program, as it is built and installed.
static Expected<std::string> findRuntime(const Triple &triple) {
  static int inThisProgram;
  SmallString<128> path(
      sys::fs::getMainExecutable("quant-compile", &inThisProgram));
  sys::path::remove_filename(path);
  sys::path::append(path, "..", "lib", "libQuantOptRuntime.a");
  Triple host(sys::getProcessTriple());
  if (triple.getArch() == host.getArch() && triple.getOS() == host.getOS() &&
      sys::fs::exists(path))
    return std::string(path);
  return createStringError(
      "no QuantOptRuntime for " + triple.str() +
      " to link into the shared library, and code for several threads "
      "or for a GPU calls it: emit an object file and link that library with "
      "it");
}

static Expected<std::unique_ptr<MemoryBuffer>>
linkLibrary(const Module &module, ArrayRef<StringRef> object) {
  const Triple &triple = module.getTargetTriple();
  std::string archive;
  if (module.getFunction("qopt_parallel_for") ||
      module.getFunction("qopt_gpu_run")) {
    Expected<std::string> found = findRuntime(triple);
    if (!found)
      return found.takeError();
    archive = *found;
  }
  return linkSharedLibrary(object, triple.str(), archive);
}

namespace {
/// What is written: a file in pieces, or a library that a linker wrote.
struct Output {
  EmittedFile file;
  std::unique_ptr<MemoryBuffer> library;

  std::vector<StringRef> getPieces() const {
    return library ? std::vector<StringRef>{library->getBuffer()}
                   : file.getPieces();
  }
};
} // namespace

/// The output of the requested kind for a module that is optimized.
static Expected<Output> emitOutput(Emit kind, TranslatedModule &translated,
                                   TargetMachine &machine) {
  EmitKind emitted = kind == Emit::Assembly ? EmitKind::Assembly
                     : kind == Emit::LLVMIR ? EmitKind::LLVMIR
                                            : EmitKind::Object;
  Output output;
  Expected<EmittedFile> file = emit(translated, machine, emitted);
  if (!file)
    return file.takeError();
  output.file = std::move(*file);
  if (kind == Emit::SharedLibrary) {
    Expected<std::unique_ptr<MemoryBuffer>> library =
        linkLibrary(*translated.module, output.file.getPieces());
    if (!library)
      return library.takeError();
    output.library = std::move(*library);
  }
  return output;
}

/// What the header and a change of name need to know of the model: read while
/// it is still on tensors.
static Expected<Signature> readModel(mlir::ModuleOp module,
                                     const Options &options) {
  if (options.header.empty() && options.name.empty())
    return Signature();
  if (isLowered(module))
    return createStringError(
        "--header and --name need the model on tensors: '" + options.input +
        "' is lowered already");
  return readSignature(module, options.entry);
}

/// Whether the model counts values for calibration.
static bool observes(mlir::ModuleOp module) {
  return module
      .walk([](mlir::qopt::ObserveOp) { return mlir::WalkResult::interrupt(); })
      .wasInterrupted();
}

/// The text of the header; empty where none is asked for.
static Expected<std::string>
makeHeader(mlir::ModuleOp module, Signature signature, const Options &options) {
  std::string text;
  if (options.header.empty())
    return text;
  if (!options.name.empty())
    signature.entry = options.name;
  raw_string_ostream os(text);
  if (Error error =
          writeCHeader(os, signature, options.target.threads, observes(module),
                       options.target.device == Device::CUDA))
    return std::move(error);
  return text;
}

static Error rename(Module &module, const Signature &signature,
                    StringRef name) {
  Function *entry = module.getFunction(signature.entry);
  if (!entry)
    return createStringError("the lowered module does not define '" +
                             signature.entry + "'");
  if (name != signature.entry && module.getNamedValue(name))
    return createStringError("--name=" + name +
                             ": the model has a symbol of this name already");
  entry->setName(name);
  return Error::success();
}

/// Read, lower, optimize for the machine, emit, write: in this order, so that
/// nothing is written before all of it worked.
static Error compile(const Options &options) {
  if (Error error = options.target.check())
    return error;
  Expected<std::unique_ptr<TargetMachine>> machine = createTargetMachine(
      {options.triple, options.target.cpu, options.target.features});
  if (!machine)
    return machine.takeError();

  std::unique_ptr<mlir::MLIRContext> context = createToolContext();
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> module =
      parseModel(options.input, *context, options.inputShapes);
  if (!module)
    return module.takeError();
  Expected<Signature> signature = readModel(**module, options);
  if (!signature)
    return signature.takeError();
  Expected<std::string> header = makeHeader(**module, *signature, options);
  if (!header)
    return header.takeError();
  if (!isLowered(**module))
    if (Error error =
            lowerModel(**module, **machine, options.target.getLowerOptions()))
      return error;

  LLVMContext llvmContext;
  Expected<TranslatedModule> translated =
      translateToLLVMIR(**module, llvmContext, **machine);
  if (!translated)
    return translated.takeError();
  module->release().erase();
  if (!options.name.empty())
    if (Error error = rename(*translated->module, *signature, options.name))
      return error;
  optimize(*translated->module, **machine);
  Expected<Output> output = emitOutput(options.emit, *translated, **machine);
  if (!output)
    return output.takeError();

  OutputFiles files;
  files.add(options.output, output->getPieces(),
            /*executable=*/options.emit == Emit::SharedLibrary);
  if (!options.header.empty())
    files.add(options.header, *header);
  return files.write();
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  cl::ResetCommandLineParser();
  Options options;
  cl::HideUnrelatedOptions(options.category);
  cl::ParseCommandLineOptions(
      argc, argv,
      "quant-compile: compiles a model, float or quantized, to code that a C "
      "program links\n");
  if (Error error = compile(options)) {
    logAllUnhandledErrors(std::move(error),
                          WithColor::error(errs(), "quant-compile"));
    return 1;
  }
  return 0;
}
