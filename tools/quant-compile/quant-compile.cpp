//===- quant-compile.cpp - A model to machine code, ahead of time ---------===//

#include "../support/CodeFlags.h"

#include "quantopt/Target/CHeader.h"
#include "quantopt/Target/CodeGen.h"
#include "quantopt/Target/OutputFiles.h"

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
      " to link into the shared library, and code for several threads calls "
      "it: emit an object file and link that library with it");
}

static Error linkLibrary(const Module &module, StringRef object,
                         SmallVectorImpl<char> &output) {
  const Triple &triple = module.getTargetTriple();
  std::string archive;
  if (module.getFunction("qopt_parallel_for")) {
    Expected<std::string> found = findRuntime(triple);
    if (!found)
      return found.takeError();
    archive = *found;
  }
  return linkSharedLibrary(object, triple.str(), output, archive);
}

/// The bytes of the requested kind for an LLVM module that is optimized.
static Error emitOutput(Emit kind, Module &module, TargetMachine &machine,
                        SmallVectorImpl<char> &output) {
  switch (kind) {
  case Emit::Object:
    return emit(module, machine, EmitKind::Object, output);
  case Emit::Assembly:
    return emit(module, machine, EmitKind::Assembly, output);
  case Emit::LLVMIR:
    return emit(module, machine, EmitKind::LLVMIR, output);
  case Emit::SharedLibrary: {
    SmallVector<char, 0> object;
    if (Error error = emit(module, machine, EmitKind::Object, object))
      return error;
    return linkLibrary(module, StringRef(object.data(), object.size()), output);
  }
  }
  llvm_unreachable("unknown kind");
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

/// The text of the header; empty where none is asked for.
static Expected<std::string> makeHeader(Signature signature,
                                        const Options &options) {
  std::string text;
  if (options.header.empty())
    return text;
  if (!options.name.empty())
    signature.entry = options.name;
  raw_string_ostream os(text);
  if (Error error = writeCHeader(os, signature, options.target.threads))
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
      parseModel(options.input, *context);
  if (!module)
    return module.takeError();
  Expected<Signature> signature = readModel(**module, options);
  if (!signature)
    return signature.takeError();
  Expected<std::string> header = makeHeader(*signature, options);
  if (!header)
    return header.takeError();
  if (!isLowered(**module))
    if (Error error =
            lowerModel(**module, **machine, options.target.getLowerOptions()))
      return error;

  LLVMContext llvmContext;
  Expected<std::unique_ptr<Module>> translated =
      translateToLLVMIR(**module, llvmContext, **machine);
  if (!translated)
    return translated.takeError();
  module->release().erase();
  if (!options.name.empty())
    if (Error error = rename(**translated, *signature, options.name))
      return error;
  optimize(**translated, **machine);
  SmallVector<char, 0> output;
  if (Error error = emitOutput(options.emit, **translated, **machine, output))
    return error;

  OutputFiles files;
  files.add(options.output, StringRef(output.data(), output.size()),
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
