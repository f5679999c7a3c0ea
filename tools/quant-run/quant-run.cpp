//===- quant-run.cpp - Run a model on samples and measure -----------------===//

#include "../support/CodeFlags.h"
#include "LayerReport.h"
#include "Run.h"
#include "TileSearch.h"

#include "quantopt-runtime/Gpu.h"
#include "quantopt/Support/OutputFiles.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

using namespace llvm;
using namespace quantopt;

namespace {
/// The command line. Made in main: see CodeFlags.
struct Options {
  cl::OptionCategory category{"quant-run options"};

  cl::opt<std::string> model{
      cl::Positional, cl::Required, cl::cat(category),
      cl::desc("<model: .mlir text or bytecode, float or integer form; - is "
               "standard input>")};

  cl::opt<std::string> inputs{
      "inputs", cl::Required, cl::cat(category), cl::value_desc("file.npz"),
      cl::desc("Samples: each input of the model takes the array of its name, "
               "else the next array that fits in shape and type. Arrays have "
               "a leading sample dimension and are run sample by sample")};

  cl::opt<std::string> outputs{
      "outputs", cl::cat(category), cl::value_desc("file.npz"),
      cl::desc("Write all outputs of all samples to this file")};

  cl::opt<std::string> expected{
      "expected", cl::cat(category), cl::value_desc("array[=output]"),
      cl::desc("Compare output 0, or the one whose number is given, with this "
               "array of the samples' file: SQNR, maximum absolute error, "
               "top-1 agreement")};

  cl::opt<std::string> labels{
      "labels", cl::cat(category), cl::value_desc("array"),
      cl::desc("Class numbers in the samples' file: prints the share of "
               "samples whose largest element of output 0 is at the label")};

  cl::opt<bool> benchmark{
      "benchmark", cl::cat(category),
      cl::desc("Time runs of the first sample: minimum and median of about a "
               "second, after warming up")};

  cl::opt<bool> profile{
      "profile", cl::cat(category),
      cl::desc("Count the time of each kernel while the first sample runs for "
               "about a second: time, share, GOPS and bytes, with the source "
               "location. The counters cost about 10 ns a kernel: 1 % of a "
               "model that runs 30 kernels in 30 us")};

  cl::opt<std::string> reference{
      "reference", cl::cat(category), cl::value_desc("model.mlir"),
      cl::desc("The float model that this one was quantized from, for --layers "
               "and --bisect")};

  cl::opt<bool> layers{
      "layers", cl::cat(category),
      cl::desc("Do nothing else: compare each value that the model and "
               "--reference both name, over all samples: the SQNR that its "
               "layer makes alone, and so far")};

  cl::opt<bool> bisect{
      "bisect", cl::cat(category),
      cl::desc("Do nothing else: find the layer that costs the output most, by "
               "running the first layers as they are and the others as in "
               "--reference, in as many runs as the logarithm of the layers")};

  cl::opt<std::string> searchTiles{
      "search-tiles", cl::cat(category), cl::value_desc("file.json"),
      cl::desc("Do nothing else: measure the tiles that each contraction could "
               "be cut into, up to ten, on the first sample, and write the "
               "fastest to this file, for --tiles here and in quant-compile. "
               "What the file has already is kept and gets company. Takes "
               "about a minute")};

  cl::opt<std::string> json{
      "json", cl::cat(category), cl::value_desc("file.json"),
      cl::desc("Write what was measured to this file: sqnr_db, max_abs_error, "
               "top1_agreement, cosine, accuracy, samples, latency_us{min, "
               "median}, "
               "profile[{op, location, calls, ns, macs, bytes}]. Infinity is "
               "written 1e999")};

  cl::opt<int64_t> limit{
      "limit", cl::cat(category), cl::value_desc("n"), cl::init(0),
      cl::desc("Run the first n samples only (default: all)")};

  cl::opt<NonFinitePolicy> nonFinite{
      "non-finite", cl::cat(category), cl::init(NonFinitePolicy::Error),
      cl::desc("NaN and infinity in the samples:"),
      cl::values(clEnumValN(NonFinitePolicy::Error, "error",
                            "refuse the file and say where they are (default)"),
                 clEnumValN(NonFinitePolicy::Ignore, "ignore",
                            "run them, and say how many there are"))};

  cl::opt<bool> compareKernels{
      "compare-kernels", cl::cat(category),
      cl::desc(
          "Run with --kernels=auto and, on the processor, with scalar, and "
          "report whether all bytes of all outputs are equal; exit code 1 if "
          "not. Measurements are those of auto")};

  cl::opt<std::string> entry{
      "entry", cl::cat(category), cl::value_desc("name"),
      cl::desc("The function to run (default: the only public one)")};

  cl::opt<std::string> inputShapes{
      "input-shapes", cl::cat(category), cl::value_desc("1x3x224x224,..."),
      cl::desc(
          "Shapes of the inputs, where the model has dynamic ones (default: "
          "a first dimension that is dynamic is 1)")};

  CodeFlags target{category};
};
} // namespace

/// Refuses what the modes that do nothing else would leave undone.
static Error checkAlone(const Options &options) {
  const bool compares = options.layers || options.bisect;
  const bool searches = !options.searchTiles.empty();
  if (!compares && !searches)
    return Error::success();
  const std::pair<StringRef, bool> others[] = {
      {"--search-tiles", compares && searches},
      {"--outputs", !options.outputs.empty()},
      {"--benchmark", options.benchmark},
      {"--profile", options.profile},
      {"--compare-kernels", options.compareKernels},
      {"--json", searches && !options.json.empty()}};
  for (auto [flag, isGiven] : others)
    if (isGiven)
      return createStringError(Twine(!compares        ? "--search-tiles"
                                     : options.layers ? "--layers"
                                                      : "--bisect") +
                               " does nothing else: give " + flag +
                               " in a run of its own");
  return Error::success();
}

/// Refuses what is not measured on a GPU, and a GPU that is not there.
static Error checkDevice(const Options &options) {
  if (options.target.device == Device::CPU)
    return Error::success();
  if (options.profile || !options.searchTiles.empty())
    return createStringError("--profile and --search-tiles measure the code "
                             "for --device=cpu");
  if (const char *why = qopt_gpu_unavailable())
    return createStringError("--device=cuda: " + Twine(why));
  return Error::success();
}

static Error check(const Options &options) {
  if (options.limit < 0)
    return createStringError("--limit=" + Twine(options.limit) +
                             ": give a number of samples");
  if ((options.layers || options.bisect) != !options.reference.empty())
    return createStringError(
        options.reference.empty()
            ? "--layers and --bisect compare with the float model: give "
              "--reference=MODEL.mlir"
            : "--reference is for --layers and --bisect: give one of them");
  if (Error error = checkAlone(options))
    return error;
  if (options.searchTiles == "-")
    return createStringError("--search-tiles=-: give a file, which the search "
                             "reads, too");
  if (!options.searchTiles.empty() &&
      (!options.target.tiles.empty() ||
       options.target.kernels == Kernels::Scalar))
    return createStringError(
        "--search-tiles measures what the compiler would choose from: give "
        "it without --tiles and --kernels=scalar");
  if (options.profile && options.compareKernels)
    return createStringError("--profile and --compare-kernels: run them one "
                             "after the other");
  if (Error error = options.target.check())
    return error;
  return checkDevice(options);
}

namespace {
/// What of the code one compilation chooses otherwise than the command line.
struct Choice {
  Kernels kernels;
  /// On the processor, whatever the command line says.
  bool onCPU = false;
  /// For a search: count the time of kernels, and take these tiles.
  std::optional<unsigned> candidate = std::nullopt;
  StringRef tiles = "";
};
} // namespace

/// This machine's GPU as code generation names it; those that came later than
/// this program run what is for the first one.
static StringRef getChip() {
  switch (qopt_gpu_capability()) {
  case 90:
    return "sm_90a";
  case 89:
    return "sm_89";
  case 86:
    return "sm_86";
  default:
    return "sm_80";
  }
}

/// Compiles `module`, which is lowered in place.
static Expected<std::unique_ptr<CompiledModel>> compile(mlir::ModuleOp module,
                                                        const Options &options,
                                                        const Choice &choice,
                                                        StringRef entry) {
  CompiledModel::Options compileOptions;
  compileOptions.target = {/*triple=*/"", options.target.cpu,
                           options.target.features};
  compileOptions.entry = entry.str();
  Expected<std::unique_ptr<TargetMachine>> machine =
      createTargetMachine(compileOptions.target);
  if (!machine)
    return machine.takeError();
  LowerOptions lowerOptions = options.target.getLowerOptions();
  lowerOptions.kernels = choice.kernels;
  if (choice.onCPU)
    lowerOptions.device = Device::CPU;
  else if (options.target.chip.empty())
    lowerOptions.chip = getChip();
  lowerOptions.profile = options.profile || choice.candidate;
  if (choice.candidate) {
    lowerOptions.candidate = *choice.candidate;
    lowerOptions.tiles = choice.tiles.str();
  }
  return CompiledModel::create(
      module,
      [&](mlir::Operation *lowered) {
        return lowerModel(cast<mlir::ModuleOp>(lowered), **machine,
                          lowerOptions);
      },
      compileOptions);
}

static Expected<std::unique_ptr<SampleFeeder>>
openSamples(const Signature &signature, const Options &options) {
  SampleFeeder::Options feederOptions;
  feederOptions.nonFinite = options.nonFinite;
  feederOptions.limit = options.limit;
  if (!options.expected.empty()) {
    Expected<std::pair<std::string, size_t>> expected =
        parseExpected(options.expected, signature);
    if (!expected)
      return expected.takeError();
    feederOptions.reserved.push_back(expected->first);
  }
  if (!options.labels.empty())
    feederOptions.reserved.push_back(options.labels);
  return SampleFeeder::open(options.inputs, signature, feederOptions);
}

/// Warns of what the samples held that is not finite, where they did.
static void warnOfNonFinite(StringRef found, const Options &options) {
  if (!found.empty())
    WithColor::warning(errs(), "quant-run")
        << "'" << options.inputs << "': " << found << "\n";
}

/// Writes the file of --json, whole or not at all, where one is asked for.
static Error writeJSON(const Options &options,
                       function_ref<void(raw_ostream &)> print) {
  if (options.json.empty())
    return Error::success();
  std::string text;
  raw_string_ostream os(text);
  print(os);
  OutputFiles files;
  files.add(options.json, text);
  return files.write();
}

/// Runs the samples, writes what is asked for and reports.
static Error measure(const CompiledModel &model, SampleFeeder &feeder,
                     const Options &options) {
  EvaluationOptions evaluation{options.expected, options.labels,
                               options.outputs, options.benchmark,
                               options.profile};
  Expected<RunReport> report = evaluate(model, feeder, evaluation);
  if (!report)
    return report.takeError();
  warnOfNonFinite(feeder.describeNonFinite(), options);
  auto print = [&](raw_ostream &os) { writeReportJSON(os, *report); };
  if (Error error = writeJSON(options, print))
    return error;
  printReport(outs(), *report);
  return Error::success();
}

/// Compares with the float model, value by value.
static Error compareWithReference(mlir::ModuleOp module,
                                  const Signature &signature,
                                  const Options &options) {
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> reference =
      parseModel(options.reference, *module.getContext(), options.inputShapes);
  if (!reference)
    return reference.takeError();
  if (Error error = importModel(**reference))
    return createStringError("'" + options.reference +
                             "': " + toString(std::move(error)));
  auto compileOne = [&](mlir::ModuleOp each) {
    return compile(each, options, {options.target.kernels}, "compare");
  };
  auto open = [&] { return openSamples(signature, options); };
  ComparisonTools tools{compileOne, open};
  std::optional<std::vector<LayerError>> layers;
  std::optional<BisectReport> bisect;
  std::string nonFinite;
  if (options.layers) {
    Expected<LayerErrors> compared =
        compareLayers(**reference, module, options.entry, tools);
    if (!compared)
      return compared.takeError();
    if (compared->layers.empty())
      return nothingShared();
    layers = std::move(compared->layers);
    nonFinite = std::move(compared->nonFinite);
  }
  if (options.bisect) {
    Expected<BisectReport> found =
        bisectLayers(**reference, module, options.entry, tools);
    if (!found)
      return found.takeError();
    bisect = std::move(*found);
    nonFinite = bisect->nonFinite;
  }
  // Both modes read the same samples.
  warnOfNonFinite(nonFinite, options);
  auto print = [&](raw_ostream &os) {
    writeLayersJSON(os, layers ? &*layers : nullptr,
                    bisect ? &*bisect : nullptr);
  };
  if (Error error = writeJSON(options, print))
    return error;
  if (layers)
    printLayers(outs(), *layers);
  if (bisect)
    printBisect(outs(), *bisect);
  return Error::success();
}

/// The story of one run. Returns the exit code.
static Expected<int> run(const Options &options) {
  if (Error error = check(options))
    return error;
  std::unique_ptr<mlir::MLIRContext> context = createToolContext();
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> module =
      parseModel(options.model, *context, options.inputShapes);
  if (!module)
    return module.takeError();

  if (isLowered(**module))
    return createStringError(
        "'" + options.model +
        "' is lowered already, and pointers do not tell "
        "their shapes: run the module from before --qopt-lower-to-cpu");

  // The samples are checked before the compiler spends time on the model.
  Expected<Signature> signature = readSignature(**module, options.entry);
  if (!signature)
    return signature.takeError();
  Expected<std::unique_ptr<SampleFeeder>> feeder =
      openSamples(*signature, options);
  if (!feeder)
    return feeder.takeError();

  if (std::string positions = (*feeder)->describePositions();
      !positions.empty())
    WithColor::note(errs(), "quant-run") << positions << " by position\n";

  if (!options.reference.empty()) {
    if (Error error = compareWithReference(**module, *signature, options))
      return std::move(error);
    return 0;
  }
  if (!options.searchTiles.empty()) {
    // A model reads constants of its module, which stays alive with it.
    mlir::OwningOpRef<mlir::ModuleOp> lowered;
    Error error = searchTiles(
        [&](unsigned candidate, StringRef tiles) {
          lowered = (*module)->clone();
          return compile(*lowered, options,
                         {Kernels::Auto, /*onCPU=*/false, candidate, tiles},
                         options.entry);
        },
        **feeder, options.searchTiles);
    if (error)
      return std::move(error);
    return 0;
  }

  mlir::OwningOpRef<mlir::ModuleOp> copy;
  if (options.compareKernels)
    copy = (*module)->clone();
  Expected<std::unique_ptr<CompiledModel>> model =
      compile(**module, options,
              {options.compareKernels ? Kernels::Auto : options.target.kernels},
              options.entry);
  if (!model)
    return model.takeError();
  module->release().erase();

  bool equal = true;
  if (options.compareKernels) {
    Expected<std::unique_ptr<CompiledModel>> scalar = compile(
        *copy, options, {Kernels::Scalar, /*onCPU=*/true}, options.entry);
    if (!scalar)
      return scalar.takeError();
    copy.release().erase();
    Expected<bool> compared = compareKernels(**model, **scalar, **feeder);
    if (!compared)
      return compared.takeError();
    equal = *compared;
    feeder = openSamples(*signature, options);
    if (!feeder)
      return feeder.takeError();
  }
  if (Error error = measure(**model, **feeder, options))
    return std::move(error);
  return equal ? 0 : 1;
}

/// A failure of the GPU's driver, from within the model.
static void endRun(const char *message) {
  WithColor::error(errs(), "quant-run") << message << "\n";
  std::exit(1);
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  qopt_gpu_set_handler(endRun);
  cl::ResetCommandLineParser();
  Options options;
  cl::HideUnrelatedOptions(options.category);
  cl::ParseCommandLineOptions(
      argc, argv,
      "quant-run: runs a model, float or quantized, on samples and measures "
      "how good and how fast it is\n");
  Expected<int> code = run(options);
  if (!code) {
    logAllUnhandledErrors(code.takeError(),
                          WithColor::error(errs(), "quant-run"));
    return 1;
  }
  return *code;
}
