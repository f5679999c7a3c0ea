//===- FreezeParameters.cpp - What was trained becomes constant -----------===//

#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Import/Passes.h"
#include "quantopt/Support/Npz.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/Support/Format.h"

#include <cmath>

namespace mlir::qopt {
#define GEN_PASS_DEF_FREEZEPARAMETERS
#include "quantopt/Import/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {
struct FreezeParameters : qopt::impl::FreezeParametersBase<FreezeParameters> {
  using FreezeParametersBase::FreezeParametersBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::unique_ptr<quantopt::NpzReader> reader;
    if (!values.empty()) {
      llvm::Expected<std::unique_ptr<quantopt::NpzReader>> opened =
          quantopt::NpzReader::open(values);
      if (!opened) {
        emitError(module.getLoc()) << llvm::toString(opened.takeError());
        return signalPassFailure();
      }
      reader = std::move(*opened);
    }
    StringRef gradient = QOptDialect::getGradientAttrName();
    module.walk([&](Operation *op) {
      if (isa<func::FuncOp>(op) && op->hasAttr(gradient))
        op->erase();
      else
        op->removeAttr(gradient);
    });
    for (auto func : module.getOps<func::FuncOp>())
      if (failed(freeze(func, reader.get())))
        return signalPassFailure();
    takeGlobals(module);
  }

  /// Constants that a frontend keeps outside of the function come into it. What
  /// can change stays, and so does what another file holds.
  static void takeGlobals(ModuleOp module) {
    for (auto global :
         llvm::make_early_inc_range(module.getOps<ml_program::GlobalOp>())) {
      auto value = dyn_cast_or_null<ElementsAttr>(
          global.getValue().value_or(Attribute()));
      std::optional<SymbolTable::UseRange> uses =
          SymbolTable::getSymbolUses(global, module);
      if (global.getIsMutable() || !value || !uses)
        continue;
      bool isTaken = true;
      for (SymbolTable::SymbolUse use : *uses) {
        Operation *load = use.getUser();
        if (!isa<ml_program::GlobalLoadConstOp, ml_program::GlobalLoadOp>(
                load) ||
            load->getResult(0).getType() != value.getType()) {
          isTaken = false;
          continue;
        }
        OpBuilder builder(load);
        load->getResult(0).replaceAllUsesWith(arith::ConstantOp::create(
            builder, load->getLoc(), cast<TypedAttr>(value)));
        load->erase();
      }
      if (isTaken)
        global->erase();
    }
  }

  LogicalResult freeze(func::FuncOp func, const quantopt::NpzReader *reader) {
    llvm::BitVector frozen(func.getNumArguments());
    for (BlockArgument argument :
         func.isExternal() ? ArrayRef<BlockArgument>() : func.getArguments()) {
      auto parameter = func.getArgAttrOfType<DictionaryAttr>(
          argument.getArgNumber(), QOptDialect::getParameterAttrName());
      if (!parameter)
        continue;
      auto name = func.getArgAttrOfType<StringAttr>(
          argument.getArgNumber(), QOptDialect::getNameAttrName());
      auto type = dyn_cast<RankedTensorType>(argument.getType());
      if (!name || !type || !type.hasStaticShape() ||
          !type.getElementType().isF32() || type.getNumElements() == 0)
        return func.emitOpError("argument ")
               << argument.getArgNumber()
               << " is a parameter, so it takes a qopt.name and a type of f32 "
                  "elements and static shape, not "
               << argument.getType();
      FailureOr<ElementsAttr> constant =
          read(func, name, type, parameter, reader);
      if (failed(constant))
        return failure();
      OpBuilder builder(func.getBody());
      argument.replaceAllUsesWith(arith::ConstantOp::create(
          builder, argument.getLoc(), cast<TypedAttr>(*constant)));
      frozen.set(argument.getArgNumber());
    }
    return func.eraseArguments(frozen);
  }

  FailureOr<ElementsAttr> read(func::FuncOp func, StringAttr name,
                               RankedTensorType type, DictionaryAttr parameter,
                               const quantopt::NpzReader *reader) {
    auto fail = [&] {
      return func.emitOpError("parameter '") << name.getValue() << "' ";
    };
    if (!reader)
      return fail() << "has no value; run qopt-freeze-parameters with "
                       "values=FILE.npz first";
    const quantopt::NpyArray *array = reader->find(name);
    if (!array)
      return fail() << "has no array in '" << reader->path()
                    << "', which holds " << reader->describeArrays();
    if (array->type != quantopt::NpyType::F32 ||
        ArrayRef<int64_t>(array->shape) != type.getShape())
      return fail() << "is " << type << ", but '" << reader->path()
                    << "' holds " << array->describe() << " for it";
    ConstantBuilder constant(type);
    MutableArrayRef<float> numbers = constant.getMutableData<float>();
    llvm::Expected<std::unique_ptr<quantopt::NpyStream>> stream =
        reader->stream(name);
    llvm::Error error = stream ? (*stream)->read(numbers.data(), numbers.size())
                               : stream.takeError();
    if (error)
      return func.emitOpError() << llvm::toString(std::move(error));
    for (float number : numbers)
      if (std::string problem = check(number, parameter); !problem.empty())
        return fail() << problem;
    return std::move(constant).finish(name);
  }

  /// What is wrong with `number`; empty where nothing is.
  static std::string check(float number, DictionaryAttr parameter) {
    auto kind = parameter.getAs<StringAttr>("kind");
    std::string text;
    llvm::raw_string_ostream os(text);
    if (!std::isfinite(number)) {
      os << llvm::format("holds %g", double(number))
         << "; train without NaN and infinities";
    } else if (kind && kind.getValue() == "scale" && !(number > 0)) {
      os << llvm::format("holds %g", double(number))
         << "; a scale is positive: keep it above 2^-23 while it is trained";
    } else if (kind && kind.getValue() == "zero_point") {
      auto min = parameter.getAs<IntegerAttr>("min");
      auto max = parameter.getAs<IntegerAttr>("max");
      if (number != std::nearbyint(number) ||
          (min && number < min.getValue().getSExtValue()) ||
          (max && number > max.getValue().getSExtValue()))
        os << llvm::format("holds %g", double(number))
           << "; round zero points to whole numbers of their range";
    }
    return text;
  }
};
} // namespace
