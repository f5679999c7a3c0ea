//===- Model.cpp - Read a model and lower it ------------------------------===//

#include "Model.h"

#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Import/Passes.h"
#include "quantopt/InitAll.h"
#include "quantopt/Lowering/CPU/Pipeline.h"
#include "quantopt/Pipelines/Pipelines.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Target/TargetMachine.h"

using namespace llvm;
using namespace quantopt;

/// Prints "file:line:column: error: text". Unlike upstream's handlers it shows
/// no source lines: a line that holds weights is megabytes long.
static void print(const mlir::Diagnostic &diagnostic) {
  if (auto place =
          diagnostic.getLocation()->findInstanceOf<mlir::FileLineColLoc>())
    errs() << place.getFilename().getValue() << ":" << place.getLine() << ":"
           << place.getColumn() << ": ";
  switch (diagnostic.getSeverity()) {
  case mlir::DiagnosticSeverity::Error:
    WithColor::error();
    break;
  case mlir::DiagnosticSeverity::Warning:
    WithColor::warning();
    break;
  case mlir::DiagnosticSeverity::Note:
    WithColor::note();
    break;
  case mlir::DiagnosticSeverity::Remark:
    WithColor::remark();
    break;
  }
  errs() << diagnostic << "\n";
  for (const mlir::Diagnostic &note : diagnostic.getNotes())
    print(note);
}

std::unique_ptr<mlir::MLIRContext> quantopt::createToolContext() {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::qopt::registerQuantOptDialects(registry);
  auto context = std::make_unique<mlir::MLIRContext>(registry);
  context->getDiagEngine().registerHandler(
      [](mlir::Diagnostic &diagnostic) { print(diagnostic); });
  return context;
}

static bool isDynamic(mlir::Type type) {
  auto tensor = mlir::dyn_cast<mlir::RankedTensorType>(type);
  return tensor && !tensor.hasStaticShape();
}

/// Whether an input has a dynamic shape, a cast forgets a part of one, or a
/// loop carries tensors: what frontends write and buffers cannot be planned
/// for.
static bool needsPlainForm(mlir::ModuleOp module) {
  for (auto func : module.getOps<mlir::func::FuncOp>())
    if (llvm::any_of(func.getArgumentTypes(), isDynamic))
      return true;
  return module
      ->walk([](mlir::Operation *op) {
        bool is = false;
        if (auto cast = mlir::dyn_cast<mlir::tensor::CastOp>(op)) {
          is = isDynamic(cast.getType());
        } else if (mlir::isa<mlir::scf::ForOp>(op)) {
          is = llvm::any_of(op->getResultTypes(),
                            llvm::IsaPred<mlir::TensorType>);
        }
        return is ? mlir::WalkResult::interrupt() : mlir::WalkResult::advance();
      })
      .wasInterrupted();
}

/// Reports the first constant whose value is not all there, which generated
/// code would read beyond its end.
static mlir::LogicalResult verifyConstants(mlir::ModuleOp module) {
  return failure(module
                     ->walk([](mlir::Operation *op) -> mlir::WalkResult {
                       return mlir::qopt::verifyConstant(op);
                     })
                     .wasInterrupted());
}

Expected<mlir::OwningOpRef<mlir::ModuleOp>>
quantopt::parseModel(StringRef path, mlir::MLIRContext &context,
                     StringRef inputShapes) {
  std::string reason;
  std::unique_ptr<MemoryBuffer> file = mlir::openInputFile(path, &reason);
  if (!file)
    return createStringError(reason);
  auto sources = std::make_shared<SourceMgr>();
  sources->AddNewSourceBuffer(std::move(file), SMLoc());
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::parseSourceFile<mlir::ModuleOp>(sources, &context);
  if (!module)
    return createStringError("'" + path + "' is no valid MLIR module");
  if (failed(verifyConstants(*module)))
    return createStringError("'" + path + "' has a constant that is not whole");
  if (!inputShapes.empty() || needsPlainForm(*module)) {
    mlir::PassManager passes(&context);
    mlir::qopt::FixInputShapesOptions shapes;
    shapes.shapes = inputShapes.str();
    passes.addPass(mlir::qopt::createFixInputShapes(shapes));
    passes.addPass(mlir::qopt::createInferShapes());
    passes.addNestedPass<mlir::func::FuncOp>(mlir::qopt::createUnrollLoops());
    passes.addPass(mlir::createCanonicalizerPass());
    if (failed(passes.run(*module)))
      return createStringError("'" + path +
                               "' has no form that buffers are planned for");
  }
  return module;
}

bool quantopt::isLowered(mlir::ModuleOp module) {
  return !module.getOps<mlir::LLVM::LLVMFuncOp>().empty() &&
         module.getOps<mlir::func::FuncOp>().empty();
}

static bool holdsTosa(mlir::ModuleOp module) {
  return module
      ->walk([](mlir::Operation *op) {
        return isa_and_nonnull<mlir::tosa::TosaDialect>(op->getDialect())
                   ? mlir::WalkResult::interrupt()
                   : mlir::WalkResult::advance();
      })
      .wasInterrupted();
}

/// Whether the module computes on f32 only, as a frontend wrote it: what is
/// quantized, or has weights of fewer bits, is lowered as it is.
static bool isFloatModel(mlir::ModuleOp module) {
  auto isPlain = [](mlir::Type type) {
    auto tensor = mlir::dyn_cast<mlir::TensorType>(type);
    if (!tensor)
      return true;
    mlir::Type element = tensor.getElementType();
    return element.isF32() || element.isIndex() || element.isInteger(1) ||
           element.isInteger(32) || element.isInteger(64);
  };
  return !module
              ->walk([&](mlir::Operation *op) {
                bool isPart = isa_and_nonnull<mlir::qopt::QOptDialect>(
                                  op->getDialect()) ||
                              !llvm::all_of(op->getResultTypes(), isPlain) ||
                              !llvm::all_of(op->getOperandTypes(), isPlain);
                return isPart ? mlir::WalkResult::interrupt()
                              : mlir::WalkResult::advance();
              })
              .wasInterrupted();
}

Error quantopt::importModel(mlir::ModuleOp module) {
  mlir::PassManager passes(module.getContext());
  mlir::qopt::buildImportPipeline(passes);
  if (failed(passes.run(module)))
    return createStringError("the module cannot be imported as a float model");
  return Error::success();
}

Error quantopt::lowerModel(mlir::ModuleOp module, const TargetMachine &machine,
                           const LowerOptions &lower) {
  const std::string kernels =
      lower.kernels == Kernels::Auto ? "auto" : "scalar";
  // The lowering reads the architecture off the module.
  module->setAttr(mlir::LLVM::LLVMDialect::getTargetTripleAttrName(),
                  mlir::StringAttr::get(module.getContext(),
                                        machine.getTargetTriple().str()));

  mlir::PassManager passes(module.getContext());
  // TOSA becomes linalg as it does on import. Other models are taken as they
  // are, or what was quantized would be looked at as a float model; those in
  // float get what changes no bits.
  if (holdsTosa(module))
    mlir::qopt::buildImportPipeline(passes);
  else if (isFloatModel(module))
    mlir::qopt::buildNormalizationPipeline(passes);
  if (lower.device == Device::CUDA) {
    mlir::qopt::LowerToGPUOptions options;
    options.chip = lower.chip;
    options.kernels = kernels;
    mlir::qopt::buildLowerToGPUPipeline(passes, options);
  } else {
    mlir::qopt::LowerToCPUOptions options;
    options.cpu = machine.getTargetCPU().str();
    options.features = machine.getTargetFeatureString().str();
    options.kernels = kernels;
    options.threads = lower.threads;
    options.profile = lower.profile;
    options.tiles = lower.tiles;
    options.candidate = lower.candidate;
    mlir::qopt::buildLowerToCPUPipeline(passes, options);
  }
  if (failed(passes.run(module)))
    return createStringError(lower.device == Device::CUDA
                                 ? "the module cannot be lowered to GPU code"
                                 : "the module cannot be lowered to CPU code");
  return Error::success();
}
