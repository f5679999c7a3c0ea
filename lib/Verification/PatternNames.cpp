//===- PatternNames.cpp - Which patterns rewrite a program ----------------===//

#include "PatternNames.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Rewrite/PatternApplicator.h"

using namespace mlir;
using namespace mlir::qopt;

/// "apply-pattern pattern: Name" -> "Name".
static std::string getName(const tracing::Action &action) {
  std::string text;
  llvm::raw_string_ostream os(text);
  action.print(os);
  StringRef name = StringRef(text).split("pattern: ").second.trim("` ");
  name.consume_front("(anonymous namespace)::");
  return name.str();
}

SmallVector<std::string> mlir::qopt::findPatterns(Pass &pass, func::FuncOp func,
                                                  bool isNested) {
  MLIRContext *context = func.getContext();
  if (context->hasActionHandler())
    return {};
  std::string text;
  llvm::raw_string_ostream os(text);
  pass.printAsTextualPipeline(os);
  OwningOpRef<ModuleOp> module = cast<ModuleOp>(func->getParentOp()->clone());
  for (auto other : llvm::make_early_inc_range(module->getOps<func::FuncOp>()))
    if (llvm::is_contained({"after", "reach"}, other.getSymName()))
      other.erase();
  PassManager pm(context, ModuleOp::getOperationName());
  OpPassManager &passes = isNested ? pm.nest<func::FuncOp>() : pm;
  std::string ignored;
  llvm::raw_string_ostream sink(ignored);
  if (failed(parsePassPipeline(text, passes, sink)))
    return {};

  // What the pass says it has said already.
  ScopedDiagnosticHandler quiet(context,
                                [](Diagnostic &) { return success(); });
  SmallVector<std::string> names;
  context->registerActionHandler(
      [&](function_ref<void()> transform, const tracing::Action &action) {
        if (!isa<ApplyPatternAction>(action))
          return transform();
        OperationFingerPrint before(*module);
        transform();
        if (OperationFingerPrint(*module) == before)
          return;
        std::string name = getName(action);
        if (!name.empty() && !llvm::is_contained(names, name))
          names.push_back(name);
      });
  // A pass that fails has still applied patterns.
  (void)pm.run(*module);
  context->registerActionHandler(nullptr);
  return names;
}
